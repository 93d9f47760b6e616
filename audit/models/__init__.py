"""The model under audit, behind small capabilities."""
