"""A language model in, a scored and printable account of its bias out."""
