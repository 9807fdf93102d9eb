"""How the families of modems differ, as data."""
