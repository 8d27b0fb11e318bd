"""The control evidence report in each language."""
