"""The keys of what connectors have stored, by which nothing is stored twice."""
