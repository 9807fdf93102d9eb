"""Appointments and calendars, and the messages that remind of them."""
