"""Network sensors and firewalls: Suricata, Zeek, CEF, LEEF, key=value lines."""
