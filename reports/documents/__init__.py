"""The documents: one folder for each kind, with its facts, words, view, template and collector."""
