"""Google: service accounts, authorised requests and what Google's errors mean, for the connectors that ask it."""
