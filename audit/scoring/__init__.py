"""How good, under a policy fixed before the run."""
