"""A Grove Vision AI V2 with Seeed's firmware: AT commands, replies in JSON, its boot loader."""
