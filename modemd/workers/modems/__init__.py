"""The tasks of modems: opening them, keeping them going, giving them what waits, taking what they hold."""
