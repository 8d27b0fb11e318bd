"""The door for osquery agents: enrolment, configuration, logs, live queries and files, on FleetDM's paths."""
