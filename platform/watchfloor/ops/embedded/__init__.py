"""PostgreSQL and Valkey from their wheels, run by us: one directory, one account, one start and one stop each."""
