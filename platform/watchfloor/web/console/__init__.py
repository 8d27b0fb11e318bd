"""The analysts' page: the queue, one incident, and every verb of the desk, in a browser."""
