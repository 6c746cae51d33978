"""Projects: make, open, the embedding that each uses."""
