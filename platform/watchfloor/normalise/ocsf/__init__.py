"""Events as OCSF 1.8.0, for export: a view of what is stored, never what is stored."""
