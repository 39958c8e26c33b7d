"""Brokers, through which events reach those who want to know: Redis Streams, Kafka or RabbitMQ."""
