"""Mistakes that show only when sections are read together, a module for each section."""
