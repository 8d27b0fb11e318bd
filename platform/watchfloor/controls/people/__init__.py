"""Evidence of who acts: the roster, privileged acts, access by the provider."""
