"""Restricted incidents: who is named for them, and so sees them in a chat."""
