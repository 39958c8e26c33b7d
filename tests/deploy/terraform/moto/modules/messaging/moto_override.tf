# moto forgets the description of a rule that names a group.
resource "aws_vpc_security_group_ingress_rule" "this" {
  lifecycle {
    ignore_changes = [description]
  }
}

# moto has neither configurations of Kafka nor addresses of its brokers.
resource "aws_msk_configuration" "this" {
  count = 0
}

resource "aws_msk_cluster" "this" {
  count = 0

  configuration_info {
    arn      = "arn:aws:kafka:eu-central-1:123456789012:configuration/none/none"
    revision = 1
  }
}

output "broker_url" {
  value = "kafka://one.kafka.example:9092,two.kafka.example:9092"
}

output "cluster_name" {
  value = var.name
}
