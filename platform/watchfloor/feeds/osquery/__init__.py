"""osquery: the hosts whose agents enrolled, what they are to run, and what they are asked."""
