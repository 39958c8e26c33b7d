output "url" {
  description = "Where clients reach the service."
  value       = "https://${var.domain}"
}

output "load_balancer_dns_name" {
  description = "Target of a CNAME, if the domain's DNS is elsewhere."
  value       = module.load_balancer.dns_name
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "The ECS services."
  value       = [module.api.name, module.worker.name]
}

output "migration" {
  description = "Arguments of deploy/scripts/migrate-on-ecs, as environment variables."
  value = {
    CLUSTER         = aws_ecs_cluster.this.name
    TASK_DEFINITION = module.task["migrate"].task_definition_arn
    SUBNETS         = join(",", module.network.private_subnet_ids)
    SECURITY_GROUPS = aws_security_group.tasks.id
    LOG_GROUP       = module.task["migrate"].log_group
  }
}

output "prometheus_targets" {
  description = "Names and ports for dns_sd_configs."
  value = {
    for role, port in { api = local.metrics, worker = local.worker_port } :
    "hello-${role}" => { name = "${role}.${aws_service_discovery_private_dns_namespace.this.name}", port = port }
  }
}

output "database_endpoint" {
  description = "Host name of the database's writer."
  value       = module.database.endpoint
}

output "alarm_topic_arn" {
  description = "Where alarms go."
  value       = module.alarms.topic_arn
}
