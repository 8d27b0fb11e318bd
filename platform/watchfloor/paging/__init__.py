"""Paging: who is on call, and that somebody is told until somebody answers."""
