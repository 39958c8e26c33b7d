"""Message brokers that deliver events to consumers: Redis Streams, Kafka or RabbitMQ."""
