"""A run with boards as files: JSON with a schema, one page, a summary for a pull request."""
