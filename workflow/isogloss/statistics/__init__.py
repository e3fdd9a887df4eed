"""Statistics on arrays: no idea of files or models."""
