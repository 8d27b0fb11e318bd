"""Where events are kept and searched."""
