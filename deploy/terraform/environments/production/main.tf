# Three zones, any of which may fail: no way to the internet, a database with a standby, Kafka with three copies.

module "hello" {
  source = "../../modules/hello"

  name                  = "hello-production"
  image                 = var.image
  repository_arn        = var.repository_arn
  keys_secret           = var.keys_secret
  domain                = var.domain
  zone_id               = var.zone_id
  certificate_arn       = var.certificate_arn
  database_ca           = file(var.database_ca_file)
  prometheus_cidrs      = var.prometheus_cidrs
  alarm_subscribers     = var.alarm_subscribers
  settings              = var.settings
  migrate               = var.migrate
  wait_for_steady_state = var.wait_for_steady_state
  deletion_protection   = var.deletion_protection

  zone_count          = 3
  nat                 = "none"
  interface_endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]

  # 16 GiB of memory allow about 1,800 connections.
  database = {
    instance_class        = "db.r7g.large"
    instance_count        = 2
    max_connections       = 1800
    backup_retention_days = 35
  }

  cache = { node_type = "cache.m7g.large", node_count = 2 }
  kafka = { instance_type = "kafka.t3.small", volume_gib = 100 }

  tasks = {
    api    = { cpu = 1024, memory = 2048, min_count = 3, max_count = 20 }
    worker = { cpu = 512, memory = 1024, min_count = 2, max_count = 6 }
  }
}
