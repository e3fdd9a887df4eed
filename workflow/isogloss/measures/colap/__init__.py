"""COLAP: which joint concepts hold both languages."""
