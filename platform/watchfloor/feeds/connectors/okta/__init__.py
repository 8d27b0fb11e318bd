"""Okta: everything that an organisation's System Log says, in the order in which Okta came to know it."""
