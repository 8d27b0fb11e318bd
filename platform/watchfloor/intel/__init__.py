"""Indicators of compromise."""
