output "broker_url" {
  description = "BROKER_URL of the service."
  value       = "kafka://${aws_msk_cluster.this.bootstrap_brokers}"
}

output "cluster_name" {
  description = "The cluster, for alarms."
  value       = aws_msk_cluster.this.cluster_name
}
