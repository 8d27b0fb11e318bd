"""What the directory says of the provider's people at a customer."""
