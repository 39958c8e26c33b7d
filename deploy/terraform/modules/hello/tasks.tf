# The API, the worker and the migration: one image, three commands.

locals {
  commands = { api = ["api"], worker = ["worker"], migrate = ["migrate"] }
  ports    = { api = [local.port, local.metrics], worker = [local.worker_port], migrate = [] }
  sizes    = { api = var.tasks.api, worker = var.tasks.worker, migrate = { cpu = 256, memory = 512 } }

  # The metrics of the API have a port of their own, so that the load balancer cannot show them.
  environment = merge(
    {
      ENVIRONMENT            = "production"
      LOG_FORMAT             = "json"
      PUBLIC_URL             = "https://${var.domain}"
      TRUSTED_PROXIES        = join(",", module.network.public_subnet_cidrs)
      METRICS_HOST           = "0.0.0.0"
      METRICS_PORT           = tostring(local.metrics)
      DRAIN_S                = tostring(var.drain_s)
      SHUTDOWN_TIMEOUT_S     = tostring(var.shutdown_timeout_s)
      DATABASE_POOL_SIZE     = tostring(var.pool.size)
      DATABASE_POOL_OVERFLOW = tostring(var.pool.overflow)
    },
    var.kafka == null ? {} : { BROKER_URL = module.messaging[0].broker_url },
    var.settings,
  )

  secrets = merge(
    {
      DATABASE_URL = module.database.url_secret_arn
      REDIS_URL    = module.cache.url_secret_arn
    },
    { for key in ["SECRET_KEY", "TOKEN_SIGNING_KEY"] : key => "${var.keys_secret.arn}:${key}::" },
  )

  # In a rolling deployment, old and new tasks run at the same time.
  most_connections = 2 * (var.tasks.api.max_count + var.tasks.worker.max_count) * (var.pool.size + var.pool.overflow)
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  lifecycle {
    precondition {
      condition     = local.most_connections <= var.database.max_connections
      error_message = "The tasks may open ${local.most_connections} connections: lower max_count or pool, or grow the database."
    }
  }
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = "${var.name}.internal"
  description = "Addresses of the tasks, for Prometheus"
  vpc         = module.network.vpc_id
}

module "task" {
  source   = "../task"
  for_each = local.commands

  name               = var.name
  role               = each.key
  image              = var.image
  command            = each.value
  cpu                = local.sizes[each.key].cpu
  memory             = local.sizes[each.key].memory
  cpu_architecture   = var.cpu_architecture
  environment        = local.environment
  secrets            = local.secrets
  secrets_version    = "${var.database.password_version}-${var.cache.token_version}-${var.keys_version}"
  secret_arns        = [module.database.url_secret_arn, module.cache.url_secret_arn, var.keys_secret.arn]
  secret_key_arns    = [module.encryption.key_arn, var.keys_secret.kms_key_arn]
  kms_key_arn        = module.encryption.key_arn
  repository_arn     = var.repository_arn
  database_ca        = var.database_ca
  ca_file            = local.ca_file
  ports              = local.ports[each.key]
  health_check       = each.key != "migrate"
  stop_timeout_s     = local.stop_timeout_s
  log_retention_days = var.log_retention_days
}

# The release's order: migrate first, then replace the processes. An apply that cannot migrate replaces nothing.
resource "terraform_data" "migrated" {
  triggers_replace = [module.task["migrate"].task_definition_arn]

  provisioner "local-exec" {
    command = var.migrate ? "${path.module}/../../../scripts/migrate-on-ecs" : "true"
    environment = {
      CLUSTER         = aws_ecs_cluster.this.name
      TASK_DEFINITION = module.task["migrate"].task_definition_arn
      SUBNETS         = join(",", module.network.private_subnet_ids)
      SECURITY_GROUPS = aws_security_group.tasks.id
      LOG_GROUP       = module.task["migrate"].log_group
    }
  }

  depends_on = [module.database, module.network, aws_vpc_security_group_egress_rule.tasks]
}

module "api" {
  source = "../service"

  name                  = "${var.name}-api"
  cluster_arn           = aws_ecs_cluster.this.arn
  cluster_name          = aws_ecs_cluster.this.name
  task_definition_arn   = module.task["api"].task_definition_arn
  subnet_ids            = module.network.private_subnet_ids
  security_group_ids    = [aws_security_group.tasks.id]
  load_balancer         = { target_group_arn = module.load_balancer.target_group_arn, port = local.port }
  namespace_id          = aws_service_discovery_private_dns_namespace.this.id
  discovery_name        = "api"
  min_count             = var.tasks.api.min_count
  max_count             = var.tasks.api.max_count
  rollback_alarms       = module.alarms.release_alarms
  wait_for_steady_state = var.wait_for_steady_state
  requests_target = {
    per_minute     = var.requests_per_minute
    resource_label = "${module.load_balancer.arn_suffix}/${module.load_balancer.target_group_arn_suffix}"
  }

  depends_on = [terraform_data.migrated]
}

module "worker" {
  source = "../service"

  name                  = "${var.name}-worker"
  cluster_arn           = aws_ecs_cluster.this.arn
  cluster_name          = aws_ecs_cluster.this.name
  task_definition_arn   = module.task["worker"].task_definition_arn
  subnet_ids            = module.network.private_subnet_ids
  security_group_ids    = [aws_security_group.tasks.id]
  namespace_id          = aws_service_discovery_private_dns_namespace.this.id
  discovery_name        = "worker"
  min_count             = var.tasks.worker.min_count
  max_count             = var.tasks.worker.max_count
  wait_for_steady_state = var.wait_for_steady_state

  depends_on = [terraform_data.migrated]
}
