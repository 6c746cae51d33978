"""Tapes: what was said on links to boards, both ways and when; written, read and played back."""
