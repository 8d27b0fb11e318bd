"""Client certificates of feeds, and the installation's own authority that issues them."""
