"""The words of the service report."""
