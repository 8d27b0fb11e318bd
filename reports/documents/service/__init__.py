"""The monthly service report (R7): what was seen and not seen, what was done about it, and what is to be decided."""
