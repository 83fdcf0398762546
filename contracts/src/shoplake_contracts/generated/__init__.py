"""Code written by `make generate`; never by hand."""
