"""The words of the severity and decision record, a module for each language."""
