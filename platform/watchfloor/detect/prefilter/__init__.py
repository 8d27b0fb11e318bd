"""The fast engine: which rules could match an event is read off its bytes; only those are evaluated.

How it was chosen and why nothing is lost: `docs/decisions/0014-prefiltered-engine.md`.
"""
