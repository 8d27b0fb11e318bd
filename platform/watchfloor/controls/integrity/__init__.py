"""Evidence that records are as they were written: the audit chain and the stored segments."""
