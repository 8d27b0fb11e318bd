"""What tenants change about the shared rules: kept, changed by commands, loaded for the pipeline, counted."""
