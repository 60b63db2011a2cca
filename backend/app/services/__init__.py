"""What Like-Opt does. Services know interfaces, never a driver."""
