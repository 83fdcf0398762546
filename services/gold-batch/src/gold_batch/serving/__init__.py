"""Gold over HTTP: read with PyIceberg and DuckDB, so that it answers without Spark and while a run goes on."""
