"""The letter to the persons concerned and the public notice (R3)."""
