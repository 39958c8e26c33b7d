# The provider has no write-only argument for the token, so the state holds it: the bucket of the state is encrypted
# and only operators read it.

ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 64
  exclude_punctuation = true # it stands in a URL
}

resource "aws_secretsmanager_secret" "token" {
  # checkov:skip=CKV2_AWS_57: Raise token_version to rotate; tasks read the URL when they start.
  name                    = "${var.name}/cache-token"
  description             = "AUTH token of Valkey"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_version" "token" {
  secret_id                = aws_secretsmanager_secret.token.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  secret_string_wo_version = var.token_version
}

data "aws_secretsmanager_secret_version" "token" {
  secret_id = aws_secretsmanager_secret_version.token.secret_id
}

resource "aws_secretsmanager_secret" "url" {
  # checkov:skip=CKV2_AWS_57: See the token.
  name                    = "${var.name}/cache-url"
  description             = "REDIS_URL of the service"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id = aws_secretsmanager_secret.url.id
  secret_string_wo = format(
    "rediss://:%s@%s:%d/0",
    data.aws_secretsmanager_secret_version.token.secret_string,
    aws_elasticache_replication_group.this.primary_endpoint_address,
    aws_elasticache_replication_group.this.port,
  )
  secret_string_wo_version = var.token_version
}
