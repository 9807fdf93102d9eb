"""Which modem is on which port: looking, asking, and whether it is the right one."""
