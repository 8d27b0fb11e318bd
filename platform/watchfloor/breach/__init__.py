"""The breach desk: cases, their clocks and notices, one for each controller."""
