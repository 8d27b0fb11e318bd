"""The desk: the commands on incidents that chat, console, portal, API and command line share."""
