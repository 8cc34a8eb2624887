"""Stats as JSON: lists of their own, and nested in the races they are about."""
