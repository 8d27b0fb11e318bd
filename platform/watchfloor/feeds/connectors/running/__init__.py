"""Running connectors: whose turn it is, one turn, and what becomes of a fault."""
