"""The customer's pages: what happened, what was done, what waits for them, and who looked at their data."""
