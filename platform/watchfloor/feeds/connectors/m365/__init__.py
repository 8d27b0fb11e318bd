"""Microsoft 365: the Office 365 Management Activity API."""
