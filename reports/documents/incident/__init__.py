"""The technical incident report (R9)."""
