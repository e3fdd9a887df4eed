"""Transfer: zero-shot scores."""
