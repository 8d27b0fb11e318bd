"""When people last proved by hand who they are."""
