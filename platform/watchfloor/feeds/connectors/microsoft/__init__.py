"""What the connectors for Microsoft's services share: signing in, the connection to one service, windows of time."""
