"""Web pages as documents: an address checked, fetched within bounds, and handed on as a file."""
