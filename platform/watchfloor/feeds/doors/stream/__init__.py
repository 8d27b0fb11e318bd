"""The doors that are no HTTP: syslog over TCP and TLS, and RELP."""
