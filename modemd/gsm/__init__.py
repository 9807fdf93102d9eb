"""What 3GPP says, as values: alphabets, segments, TPDUs, AT lines, the meaning of codes. No IO, no clock."""
