"""People, memberships, roles, sessions and API keys."""
