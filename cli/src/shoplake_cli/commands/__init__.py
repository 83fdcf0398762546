"""The commands, by what they are about: each parses its options, asks one function, and prints the answer."""
