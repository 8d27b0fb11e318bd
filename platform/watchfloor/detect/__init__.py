"""Sigma rules: loading, checking, compiling and matching. Pure: no input or output but reading rule files."""
