"""Heads: train, deploy, recognise, list, pull from a board."""
