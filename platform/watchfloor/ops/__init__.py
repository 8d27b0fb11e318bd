"""Running Watchfloor: the command line, the supervisor, the embedded servers, migrations and health."""
