"""Linear probes learnt in one language and tested in every other."""
