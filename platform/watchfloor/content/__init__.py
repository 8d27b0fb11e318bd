"""Shared detection content: data files that travel with the package."""
