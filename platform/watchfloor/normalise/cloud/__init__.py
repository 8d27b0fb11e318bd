"""Clouds and services that write JSON: one small module a source, all behind `sources.parse_cloud`."""
