"""Azure Blob storage: diagnostic logs, in append blobs that grow for an hour."""
