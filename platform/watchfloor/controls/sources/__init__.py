"""Evidence of feeds and agents: coverage, retention, clocks, outages."""
