"""The fast engine: which rules could match an event is read off its bytes; only those are evaluated."""
