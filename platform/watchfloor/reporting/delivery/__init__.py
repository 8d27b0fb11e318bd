"""Telling people by mail that a report is there: who, in which words, and what became of it."""
