"""Impact: how far fine-tuning moved a language's space."""
