"""The intake on NATS JetStream: a stream a tenant, replicated; what was worked stands in PostgreSQL."""
