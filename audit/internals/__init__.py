"""Which layers, heads and neurons carry it: one plugin a question."""
