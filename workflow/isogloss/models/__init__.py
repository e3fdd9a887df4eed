"""Models: brought, trained or made here, and loaded."""
