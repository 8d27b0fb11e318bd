"""Watchfloor: a self-hosted, multi-tenant managed SOC with ChatOps."""
