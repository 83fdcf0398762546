"""How the shop and its visitors behave: pure, with time and randomness passed in, so that a seed is a whole day."""
