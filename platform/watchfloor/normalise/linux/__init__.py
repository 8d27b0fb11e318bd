"""Linux: the audit system, syslog and its programs, Sysmon for Linux, osquery."""
