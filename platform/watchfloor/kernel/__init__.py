"""What every other package stands on: settings, database, outbox, cryptography, egress, errors."""
