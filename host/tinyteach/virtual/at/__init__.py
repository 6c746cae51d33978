"""A Grove Vision AI V2 without hardware: what Seeed's firmware and Himax's boot loaders say."""
