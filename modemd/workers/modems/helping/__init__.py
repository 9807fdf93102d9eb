"""What is done about a modem that does not work."""
