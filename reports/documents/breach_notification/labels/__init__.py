"""The titles and questions of authority forms, a module for each language; the forms themselves are in English."""
