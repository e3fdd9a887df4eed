"""Tasks: their items, fine-tuning, and passes over test items."""
