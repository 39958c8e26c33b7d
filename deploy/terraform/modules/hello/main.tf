# The product in one region: network, data stores, API, worker, load balancer and alarms.

locals {
  ca_file     = "/certificates/rds.pem"
  port        = 8000
  worker_port = 8001
  metrics     = 9464
  # SIGTERM: DRAIN_S of answering while not ready, SHUTDOWN_TIMEOUT_S for requests in flight, and some air.
  stop_timeout_s = var.drain_s + var.shutdown_timeout_s + 15
}

module "encryption" {
  source = "../encryption"

  name = var.name
}

module "network" {
  source = "../network"

  name                = var.name
  cidr                = var.cidr
  zone_count          = var.zone_count
  nat                 = var.nat
  interface_endpoints = var.interface_endpoints
  kms_key_arn         = module.encryption.key_arn
  log_retention_days  = var.log_retention_days
}

module "database" {
  source = "../database"

  name                     = var.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = aws_security_group.tasks.id
  kms_key_arn              = module.encryption.key_arn
  ca_file                  = local.ca_file
  engine_version           = var.database.engine_version
  instance_class           = var.database.instance_class
  instance_count           = var.database.instance_count
  serverless_capacity      = var.database.serverless_capacity
  backup_retention_days    = var.database.backup_retention_days
  password_version         = var.database.password_version
  deletion_protection      = var.deletion_protection
  secret_recovery_days     = var.deletion_protection ? 30 : 0
  log_retention_days       = var.log_retention_days
}

module "cache" {
  source = "../cache"

  name                     = var.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = aws_security_group.tasks.id
  kms_key_arn              = module.encryption.key_arn
  node_type                = var.cache.node_type
  node_count               = var.cache.node_count
  token_version            = var.cache.token_version
  secret_recovery_days     = var.deletion_protection ? 30 : 0
}

module "messaging" {
  source = "../messaging"
  count  = var.kafka == null ? 0 : 1

  name                     = var.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = aws_security_group.tasks.id
  kms_key_arn              = module.encryption.key_arn
  instance_type            = var.kafka.instance_type
  volume_gib               = var.kafka.volume_gib
  log_retention_days       = var.log_retention_days
}

module "load_balancer" {
  source = "../load_balancer"

  name                     = var.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.public_subnet_ids
  target_security_group_id = aws_security_group.tasks.id
  target_port              = local.port
  client_cidrs             = var.client_cidrs
  domain                   = var.domain
  zone_id                  = var.zone_id
  certificate_arn          = var.certificate_arn
  web_acl_arn              = var.web_acl_arn
  deletion_protection      = var.deletion_protection
}

module "alarms" {
  source = "../alarms"

  name             = var.name
  kms_key_arn      = module.encryption.key_arn
  subscribers      = var.alarm_subscribers
  load_balancer    = module.load_balancer.arn_suffix
  target_group     = module.load_balancer.target_group_arn_suffix
  database_cluster = module.database.cluster_identifier
  max_connections  = var.database.max_connections
  cache_nodes      = module.cache.member_clusters
  cluster_name     = aws_ecs_cluster.this.name
  services = {
    for role in ["api", "worker"] : role => { name = "${var.name}-${role}", min_count = var.tasks[role].min_count }
  }
}
