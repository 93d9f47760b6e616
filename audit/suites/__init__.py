"""From files in probes/ to counterfactual sets."""
