"""What NIS2 and DORA ask of a case beyond a personal data breach: whose form it is, and DORA's report as data."""
