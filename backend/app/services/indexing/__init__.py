"""The indexer's work: from an uploaded file to a document that is found."""
