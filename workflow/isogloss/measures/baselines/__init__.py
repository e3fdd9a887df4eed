"""What shared words, or the most frequent label, reach alone."""
