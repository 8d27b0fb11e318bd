"""Alarms about feeds: silence, missing volume, late or misdated events, events no longer understood, expiry."""
