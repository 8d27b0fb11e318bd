"""Which alerts belong together: the decision, and the SQL behind it."""
