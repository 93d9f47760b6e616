"""One answer in, one number out, so that two answers can be compared."""
