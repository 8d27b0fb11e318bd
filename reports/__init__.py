"""Reports for people: collected, rendered and signed."""
