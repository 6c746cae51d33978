"""An ESP chip's boot loader: chip, image, flash."""
