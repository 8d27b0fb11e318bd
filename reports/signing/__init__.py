"""Signatures of finished reports: whose key, how it is put into the file, and how a file is checked."""
