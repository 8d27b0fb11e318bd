"""Evidence of work: review, triage, response, records, lessons, effect."""
