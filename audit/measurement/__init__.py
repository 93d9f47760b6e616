"""Ask the model: one plugin a way of asking."""
