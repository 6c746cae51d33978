"""A project and a board held open for a front end that stays: what it shows, and keeps doing."""
