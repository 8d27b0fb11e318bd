"""The HTTP application: API and portal."""
