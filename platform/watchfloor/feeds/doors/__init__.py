"""The HTTP doors that senders talk to."""
