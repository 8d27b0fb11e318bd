"""The durable intake between the doors and the pipeline: what was acknowledged is never lost (N4, Q4)."""
