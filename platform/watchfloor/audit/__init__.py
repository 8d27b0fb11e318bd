"""The audit log: append, hash chain, signed heads, verification."""
