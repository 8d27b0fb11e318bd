"""NIS2's stages on paper: early warning, notification, reports on request and on the way, final report."""
