"""The words of the notice to the controller, a module for each language."""
