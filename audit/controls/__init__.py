"""Models with a bias of known size: the instrument's own calibration."""
