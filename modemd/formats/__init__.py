"""Text and bytes to and from the model: smstools3, gammu-smsd, JSON. No IO, no clock."""
