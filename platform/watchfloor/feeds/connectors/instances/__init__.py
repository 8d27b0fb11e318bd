"""The connectors of a tenant: their settings, secrets, streams and backfills."""
