"""The words of the notification draft, a module for each language."""
