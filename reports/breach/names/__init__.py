"""What the fields of a breach case are called, a module for each language."""
