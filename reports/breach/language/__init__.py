"""The shared words of breach documents, a module for each language."""
