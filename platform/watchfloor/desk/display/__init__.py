"""What people are shown of incidents: the queue and the card's contents."""
