"""How the shipped embeddings were made; nothing else imports it."""
