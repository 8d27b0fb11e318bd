"""The words of the assurance report in each language."""
