"""The first bodies that a feed was sent."""
