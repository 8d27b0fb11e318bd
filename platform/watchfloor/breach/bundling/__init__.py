"""The bundle of a case: all that is needed to show later what was known, decided and sent."""
