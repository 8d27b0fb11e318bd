"""Noise: a rule that opens too many alerts is throttled and flagged, never switched off in silence."""
