"""Which words the answer rests on: one plugin a method."""
