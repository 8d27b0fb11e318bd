"""The watch over the clocks of breach cases."""
