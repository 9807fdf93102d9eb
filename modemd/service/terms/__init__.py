"""What accounts signed: presets and own terms, tariffs, and what they bring about as time passes."""
