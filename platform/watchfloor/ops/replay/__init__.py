"""Replaying recorded events through a real door."""
