"""The files of smstools3: ``Name: value`` headers, a blank line, and the text or the data."""

from modemd.formats.smstools3.arrival import call, received, report
from modemd.formats.smstools3.request import read_request

__all__ = ["call", "read_request", "received", "report"]
