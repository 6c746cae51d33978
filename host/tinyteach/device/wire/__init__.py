"""The session with the agent on a board, and what it answers."""
