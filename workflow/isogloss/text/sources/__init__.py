"""Where parallel text comes from, one module a source."""
