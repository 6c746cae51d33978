"""A joined model as files for other runtimes, each with a page that shows how it is used."""
