"""A pytest plugin: boards in the loop of a project's own tests; docs/hil.md teaches it."""
