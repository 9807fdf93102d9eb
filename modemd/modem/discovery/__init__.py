"""Which ports there are, and which modem is behind each."""
