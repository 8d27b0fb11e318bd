"""Evidence of detection: techniques with data and a rule, rules that are proven."""
