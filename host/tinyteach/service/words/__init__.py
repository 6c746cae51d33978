"""What commands are given in words: no use is told before any work, so nothing here is large."""
