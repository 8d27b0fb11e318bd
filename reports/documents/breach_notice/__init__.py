"""The notice of a personal data breach from the processor to the controller (Art. 33(2) GDPR), in phases."""
