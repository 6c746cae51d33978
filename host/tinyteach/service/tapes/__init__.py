"""Tapes of sessions with boards: what is on them, and a host that runs against them."""
