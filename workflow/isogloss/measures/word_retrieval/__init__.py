"""Weak and strong alignment of linked words in context."""
