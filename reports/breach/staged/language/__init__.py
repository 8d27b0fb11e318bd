"""The words of staged reports in seven languages."""
