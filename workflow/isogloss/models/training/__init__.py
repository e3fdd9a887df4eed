"""Training a tiny model: its settings, its text as numbers, its network, and the steps."""
