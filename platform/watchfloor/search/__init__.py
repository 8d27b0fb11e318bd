"""Finding events again: conditions over the lake, in order, within limits, one tenant at a time."""
