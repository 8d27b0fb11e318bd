"""The words of the extract from the register of breaches, a module for each language."""
