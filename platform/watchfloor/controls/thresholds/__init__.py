"""The numbers that a tenant holds itself to beyond the usual ones."""
