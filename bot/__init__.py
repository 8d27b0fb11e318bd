"""Chat surfaces: cards, bindings, the console."""
