"""Which Sigma log sources the feeds really bring: the ledger behind rule coverage."""
