"""`watchfloor connector`: one module a command, imported when it is called."""
