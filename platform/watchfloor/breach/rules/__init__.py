"""What the law asks, by when and of whom: dated data, and the arithmetic on it. No input, no output, no decisions."""
