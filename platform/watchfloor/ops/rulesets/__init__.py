"""Sets of rules on disk: shared content, folders, imported sets; where they come from and what they lack."""
