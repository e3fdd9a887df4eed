"""What a model's sentence and word vectors can retrieve."""
