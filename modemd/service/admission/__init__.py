"""Whether a message may be accepted: its account, consent, pace, prefixes, quiet hours."""
