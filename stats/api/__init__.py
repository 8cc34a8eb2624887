"""Stats as JSON, nested in the rows that they are about."""
