"""Models for a Grove Vision AI V2's NPU: compiled by Vela, checked before they are flashed."""
