"""What was turned away at the doors: counted for each feed, so that nobody has to guess what is missing."""
