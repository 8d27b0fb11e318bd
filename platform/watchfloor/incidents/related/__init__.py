"""Which other incidents of the tenant an incident is like."""
