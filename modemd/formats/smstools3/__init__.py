"""The files of smstools3: ``Name: value`` headers, a blank line, and the text or the data."""

from modemd.formats.smstools3.arrival import call, network_said, received, report
from modemd.formats.smstools3.request import read_request

__all__ = ["call", "network_said", "read_request", "received", "report"]
