"""How the embedded measuring standards are trained, planted, measured and written."""
