"""One module per gold table: pure, from DataFrames to the contract's columns."""
