"""CALIGN: which concepts of two languages translate each other."""
