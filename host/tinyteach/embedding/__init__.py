"""The frozen network: preprocessing, running it, and the recipe that makes it."""
