"""Simulated modems and a network between them, made of the real ``gsm`` code."""
