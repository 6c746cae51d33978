"""Ports and what is at them."""
