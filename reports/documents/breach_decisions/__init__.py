"""The severity and decision record of a breach case (R5)."""
