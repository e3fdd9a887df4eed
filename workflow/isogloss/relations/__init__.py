"""What goes with what: distances, correlations, variants, trajectories."""
