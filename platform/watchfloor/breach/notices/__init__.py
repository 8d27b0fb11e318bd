"""Notices: versions of a breach case that are frozen, approved by a person, and sent by one."""
