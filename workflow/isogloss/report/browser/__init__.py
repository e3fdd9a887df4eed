"""The concept browser: a card a concept and a map of all of them, made once a pair and shown by the report."""
