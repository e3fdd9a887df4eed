"""The config: its sections, reading it, checking it, and the manual made from it."""
