"""What comes in: messages and reports, calls, what the network says by USSD."""
