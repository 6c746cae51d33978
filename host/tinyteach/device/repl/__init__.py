"""A board's raw REPL: the way in, what is there, pairing."""
