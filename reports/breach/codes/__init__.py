"""The codes of a breach case in words, a module for each language."""
