"""What an incident is made of, read from the records and opened for its report."""
