"""Parts on their way out: the claim, what limits let out, and what an outcome means."""
