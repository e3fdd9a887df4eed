"""Ways of clustering, one module each."""
