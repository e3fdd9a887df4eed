"""Concepts: clusters of hidden states."""
