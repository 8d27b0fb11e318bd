"""Google Cloud: audit logs and anything else that a log sink or an application puts into Pub/Sub, pulled from there."""
