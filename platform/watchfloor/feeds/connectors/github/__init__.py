"""GitHub: what people, applications and Git did, from the audit log of an organisation or an enterprise."""
