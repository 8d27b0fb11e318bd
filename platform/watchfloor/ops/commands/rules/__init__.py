"""`watchfloor rules`: what a detection engineer does with rules, one module a command."""
