"""Every rule of the gateway: plain synchronous functions of a transaction and a time."""
