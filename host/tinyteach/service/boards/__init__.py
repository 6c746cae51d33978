"""What is done with a board: find, open, pair, rules, verify."""
