"""Evidence of notices to authorities, read from their rows alone."""
