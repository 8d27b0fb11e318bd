"""The frame's words, a module a language."""
