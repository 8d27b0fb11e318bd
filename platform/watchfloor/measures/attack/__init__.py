"""What was seen of ATT&CK, what the rules cover, and what of that is tested."""
