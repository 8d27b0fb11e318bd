"""Reading files of recorded events in blocks, and holding them against rules with all cores."""
