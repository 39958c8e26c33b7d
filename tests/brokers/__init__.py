"""A real Kafka and a real RabbitMQ on this machine, for `make test_brokers`."""
