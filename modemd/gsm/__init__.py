"""What 3GPP says, as values: alphabets, segments, TPDUs, AT lines and the meaning of codes. No IO, no clock."""
