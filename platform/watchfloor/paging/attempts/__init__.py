"""What is written down of the attempts to reach somebody."""
