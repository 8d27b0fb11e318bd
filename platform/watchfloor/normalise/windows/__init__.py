"""Windows event logs: Security, Sysmon, PowerShell, System and every other channel, from any common shipper."""
