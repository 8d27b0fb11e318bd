"""Matches become alerts: deduplication, counting, evidence."""
