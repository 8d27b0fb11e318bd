"""Rule health: what each rule did, how often it was right, and what it costs."""
