"""What the proof of the audit trail is made of."""
