"""What every service shares: control API, problem details, metrics, Kafka, logging."""
