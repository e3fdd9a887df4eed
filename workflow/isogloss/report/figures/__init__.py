"""Figures: one description each, drawn as SVG and PDF beside the tables and made interactive in the report."""
