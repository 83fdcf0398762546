"""`shoplake generate`: the generator's service driven over its API, told in the lines of the guide's script."""
