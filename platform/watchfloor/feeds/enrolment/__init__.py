"""Enrolment: a feed's credentials, the lines that its client needs, and whether it works."""
