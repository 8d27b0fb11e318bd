"""Events of no known source, by feed and shape: what a tenant sends that no parser reads yet."""
