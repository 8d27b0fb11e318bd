"""Connectors: feeds that we fetch ourselves, from the clouds and services of a customer."""
