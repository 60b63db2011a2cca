"""Like-Opt's server side."""
