"""The database, its statements and schema, and the job table."""
