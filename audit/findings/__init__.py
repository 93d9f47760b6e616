"""Which disparities count."""
