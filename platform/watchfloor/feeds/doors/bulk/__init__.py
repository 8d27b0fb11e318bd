"""The door for Elasticsearch's bulk protocol: what shippers of events speak to a cluster."""
