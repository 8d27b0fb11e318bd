"""How long breach cases are kept, and which of them are held."""
