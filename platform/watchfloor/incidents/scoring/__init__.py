"""How urgent an incident is among others of its severity, and why."""
