"""Services that push to the HTTP door in forms of their own."""
