"""A modem that is only reached over RFC 2217: what the server's side of such a line needs of it."""

from __future__ import annotations


class TelnetModem:
    """What pyserial's RFC 2217 server side wants of a serial port; it has no lines to speak of."""

    baudrate, bytesize, parity, stopbits = 115200, 8, "N", 1
    xonxoff = rtscts = dtr = rts = cts = dsr = ri = cd = break_condition = False

    def reset_input_buffer(self) -> None:
        """Nothing is buffered."""

    def reset_output_buffer(self) -> None:
        """Nothing is buffered."""
