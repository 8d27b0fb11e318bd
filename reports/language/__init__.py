"""The words of reports: what is said, in which language, and how times and numbers are written in it."""
