"""The objects that a program, a notebook and every front end use; docs/python.md teaches them."""
