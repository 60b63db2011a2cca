"""What Like-Opt talks about: frozen dataclasses on the standard library alone."""
