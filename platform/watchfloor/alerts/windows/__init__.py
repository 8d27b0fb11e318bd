"""The windows of correlations, kept in the database."""
