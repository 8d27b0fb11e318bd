"""The incident report in each language."""
