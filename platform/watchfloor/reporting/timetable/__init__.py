"""When reports are made by themselves: what is due, and asking for it once."""
