"""Google Workspace: what people and administrators did, application by application, from the Reports API."""
