"""What could not be read, for people: shown in groups, put back through the intake, or dropped (N3)."""
