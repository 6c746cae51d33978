"""From photographs' features to weights, and what they are worth."""
