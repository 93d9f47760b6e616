"""All observations in, disparities with their doubt out."""
