"""What a run consists of: which cells, where they stand, what they need and what they depend on."""
