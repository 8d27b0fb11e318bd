"""The words of the letter to the persons concerned, a module for each language."""
