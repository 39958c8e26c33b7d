output "url_secret_arn" {
  description = "Secret with REDIS_URL."
  value       = aws_secretsmanager_secret.url.arn

  depends_on = [aws_secretsmanager_secret_version.url]
}

output "replication_group_id" {
  description = "The replication group, for alarms."
  value       = aws_elasticache_replication_group.this.id
}

output "member_clusters" {
  description = "Names of the nodes, for alarms; known before they exist."
  value       = [for index in range(var.node_count) : format("%s-%03d", var.name, index + 1)]
}
