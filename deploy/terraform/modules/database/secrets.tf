# The password is generated into a secret of its own and read back from there, so an apply that ends halfway can be
# repeated: the cluster and the URL always get the password that is stored.

ephemeral "aws_secretsmanager_random_password" "this" {
  password_length     = 40
  exclude_punctuation = true # it stands in a URL
}

resource "aws_secretsmanager_secret" "password" {
  # checkov:skip=CKV2_AWS_57: Raise password_version to rotate; a rotation by itself would lock running tasks out.
  name                    = "${var.name}/database-password"
  description             = "Password of the database's owner"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this.random_password
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id = aws_secretsmanager_secret_version.password.secret_id
}

resource "aws_secretsmanager_secret" "url" {
  # checkov:skip=CKV2_AWS_57: See the password.
  name                    = "${var.name}/database-url"
  description             = "DATABASE_URL of the service"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_days
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id = aws_secretsmanager_secret.url.id
  secret_string_wo = format(
    "postgresql://%s:%s@%s:%d/%s?sslmode=verify-full&sslrootcert=%s&target_session_attrs=read-write",
    aws_rds_cluster.this.master_username,
    ephemeral.aws_secretsmanager_secret_version.password.secret_string,
    aws_rds_cluster.this.endpoint,
    aws_rds_cluster.this.port,
    aws_rds_cluster.this.database_name,
    var.ca_file,
  )
  secret_string_wo_version = var.password_version
}
