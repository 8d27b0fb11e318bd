"""The console: analysts work incidents from a terminal, with the verbs that every other surface has."""
