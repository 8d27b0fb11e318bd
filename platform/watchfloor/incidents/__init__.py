"""Alerts that belong together become incidents, worked by people through one desk."""
