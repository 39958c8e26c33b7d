# moto has no parameter groups of ElastiCache, and no nodes in a replication group.
resource "aws_elasticache_parameter_group" "this" {
  count = 0
}

resource "aws_elasticache_replication_group" "this" {
  count                = 0
  parameter_group_name = null
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_string_wo = "rediss://:${data.aws_secretsmanager_secret_version.token.secret_string}@cache.example:6379/0"
}

output "replication_group_id" {
  value = "moto"
}
