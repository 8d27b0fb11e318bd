"""How events enter: doors, the durable intake, connectors."""
