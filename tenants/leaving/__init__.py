"""A tenant leaves: its export, its erasure in steps, and the proof."""
