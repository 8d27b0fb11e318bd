"""Correlation rules over sliding windows: pure functions of what matched and of what each window holds already."""
