"""A page and a PDF; computes nothing."""
