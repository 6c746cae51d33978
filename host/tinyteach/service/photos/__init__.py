"""Photographs of a project: record, import, know again."""
