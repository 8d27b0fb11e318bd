"""Inventory, vulnerabilities and the supply chain."""
