# Small and cheap: two zones, one NAT gateway, a database that scales down, one node of Valkey that is also the broker.

module "hello" {
  source = "../../modules/hello"

  name                  = "hello-dev"
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
  deletion_protection   = false

  zone_count = 2
  nat        = "single"

  # Four capacity units are 8 GiB of memory; with a minimum of 0.5, Aurora caps max_connections at 2,000.
  database = {
    instance_class      = "db.serverless"
    instance_count      = 1
    serverless_capacity = { min = 0.5, max = 4 }
    max_connections     = 800
  }

  cache = { node_type = "cache.t4g.micro", node_count = 1 }

  tasks = {
    api    = { cpu = 256, memory = 512, min_count = 1, max_count = 4 }
    worker = { cpu = 256, memory = 512, min_count = 1, max_count = 2 }
  }
}
