"""The extract from the register of breaches (R4)."""
