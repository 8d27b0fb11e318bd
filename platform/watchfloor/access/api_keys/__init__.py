"""API keys: minting, rotating, revoking and checking them (I1, I2)."""
