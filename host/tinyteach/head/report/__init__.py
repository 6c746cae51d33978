"""What training reached, to be read."""
