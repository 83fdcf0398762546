"""The deep side of accounting: a recount of every address, with the lists of what is missing or there twice."""
