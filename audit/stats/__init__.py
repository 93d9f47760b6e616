"""Numbers in, numbers with their doubt out; knows nothing of models or bias."""
