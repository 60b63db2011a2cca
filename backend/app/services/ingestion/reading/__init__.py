"""What runs inside the extraction child: one reader per family of formats.

Nothing here imports the rest of the application: the child starts by this folder alone, so
that a file is open within tens of milliseconds and a reader gone wrong has nothing to reach.
"""
