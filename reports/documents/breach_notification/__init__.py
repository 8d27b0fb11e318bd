"""The notification to the supervisory authority as a draft, in its form's order and language, with a copy sheet."""
