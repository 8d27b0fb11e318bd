"""The tenant's blocklist: what its firewalls pull."""
