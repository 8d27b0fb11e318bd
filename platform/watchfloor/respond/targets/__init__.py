"""What an action can be done to."""
