"""What the stages of a duty to report share on paper: the clock, the form answered field by field, the changes."""
