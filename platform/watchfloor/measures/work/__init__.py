"""What people and detection did: alerts, responses, changes, and who looked."""
