"""From bytes to races: the doors, the pipeline and its records."""
