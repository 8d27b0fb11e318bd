"""Which account of the chat is which person."""
