# moto has no parameter groups of ElastiCache, cannot delete subnet groups, and has no nodes in a replication group.
resource "aws_elasticache_subnet_group" "this" {
  count = 0
}

resource "aws_elasticache_parameter_group" "this" {
  count = 0
}

resource "aws_elasticache_replication_group" "this" {
  count                = 0
  parameter_group_name = null
  subnet_group_name    = null
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_string_wo = "rediss://:${data.aws_secretsmanager_secret_version.token.secret_string}@cache.example:6379/0"
}

output "replication_group_id" {
  value = "moto"
}

# moto forgets the description of a rule that names a group.
resource "aws_vpc_security_group_ingress_rule" "this" {
  lifecycle {
    ignore_changes = [description]
  }
}
