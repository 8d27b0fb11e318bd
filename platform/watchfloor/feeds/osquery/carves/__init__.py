"""Files that hosts were asked for, arriving in blocks."""
