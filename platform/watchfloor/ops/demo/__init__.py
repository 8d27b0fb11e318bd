"""The demonstration: a storyline that we wrote, replayed in real wire formats at two tenants."""
