"""Grove Vision AI V2 modules: what a board's use cases are on Seeed's firmware."""
