"""What feeds brought, and when nothing could be seen."""
