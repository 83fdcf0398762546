"""One module per thing health looks at: the broker, the tables, the other services."""
