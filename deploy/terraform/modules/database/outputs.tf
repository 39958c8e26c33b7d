output "url_secret_arn" {
  description = "Secret with DATABASE_URL."
  value       = aws_secretsmanager_secret.url.arn

  # Tasks that start before the instances would only fail.
  depends_on = [aws_secretsmanager_secret_version.url, aws_rds_cluster_instance.this]
}

output "cluster_identifier" {
  description = "The cluster, for alarms."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "endpoint" {
  description = "Host name of the writer."
  value       = aws_rds_cluster.this.endpoint
}
