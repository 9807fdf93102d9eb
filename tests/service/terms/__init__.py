"""The rules of the presets, clause by clause."""
