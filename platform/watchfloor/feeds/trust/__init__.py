"""The feed trust ledger: what each feed usually brings, what it brought, and the alarms in between."""
