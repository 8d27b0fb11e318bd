"""Acknowledgements by channel: what Splunk's HTTP Event Collector gives its clients to ask about."""
