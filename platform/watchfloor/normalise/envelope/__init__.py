"""The typed envelope of an event: who, from where, what, and how it ended, read out of its fields when asked for."""
