"""Hours of work in minutes: what the workers hold must not grow."""
