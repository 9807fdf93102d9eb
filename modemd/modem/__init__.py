"""What is on the wire: a port, a link that speaks AT over it, and a modem's verbs."""
