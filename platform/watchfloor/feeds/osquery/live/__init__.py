"""Live queries: questions put to hosts that are asked for them, and the answers."""
