"""An ESP board's whole flash: firmware, backups."""
