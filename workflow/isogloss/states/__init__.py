"""Hidden states: forward passes, pooling and the stores that keep them."""
