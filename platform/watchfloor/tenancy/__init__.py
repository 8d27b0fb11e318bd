"""Tenants, their signed context, their quotas and their life-cycle state."""
