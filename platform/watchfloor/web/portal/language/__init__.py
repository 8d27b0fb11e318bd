"""The portal's words, a module a language."""
