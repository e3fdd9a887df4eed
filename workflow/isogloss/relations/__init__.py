"""What goes with what: distances, correlations, freezing."""
