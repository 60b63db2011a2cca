"""The database's versions, oldest first; ``backend.app.storage.migration`` brings a database to the newest."""
