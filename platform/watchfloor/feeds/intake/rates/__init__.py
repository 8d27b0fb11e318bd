"""How fast a tenant may send: a rate and a burst, over all processes of the doors (Q3)."""
