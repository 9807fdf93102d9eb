"""The files of smstools3: ``Name: value`` headers, a blank line, and the text or the data."""
