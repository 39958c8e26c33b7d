# The group of all tasks: requests from the load balancer, metrics for Prometheus, and connections to the data stores.

resource "aws_security_group" "tasks" {
  # checkov:skip=CKV2_AWS_5: The services of ECS use it, through modules/service.
  name        = "${var.name}-tasks"
  description = "Tasks of the API, the worker and migrations"
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "requests" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "Requests from the load balancer"
  referenced_security_group_id = module.load_balancer.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_ingress_rule" "metrics" {
  for_each = {
    for pair in setproduct(var.prometheus_cidrs, [local.metrics, local.worker_port]) :
    "${pair[0]} ${pair[1]}" => { cidr = pair[0], port = pair[1] }
  }

  security_group_id = aws_security_group.tasks.id
  description       = "Metrics for Prometheus"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  for_each = {
    postgresql = { port = 5432, cidr = module.network.cidr }
    valkey     = { port = 6379, cidr = module.network.cidr }
    kafka      = { port = 9092, cidr = module.network.cidr }
    https      = { port = 443, cidr = "0.0.0.0/0" } # services of AWS: the layers of images come from S3
  }

  security_group_id = aws_security_group.tasks.id
  description       = "Connections to ${each.key}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}
