output "backend" {
  description = "Content of backend.hcl of each environment."
  value       = <<-BACKEND
    bucket     = "${aws_s3_bucket.state.id}"
    region     = "${var.region}"
    kms_key_id = "${module.encryption.key_arn}"
  BACKEND
}

output "repository_url" {
  description = "Where the release pipeline pushes the image."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_arn" {
  description = "Variable repository_arn of each environment."
  value       = aws_ecr_repository.this.arn
}

output "keys_secret" {
  description = "Variable keys_secret of each environment."
  value       = { arn = aws_secretsmanager_secret.keys.arn, kms_key_arn = module.encryption.key_arn }
}

output "push_role_arn" {
  description = "Role of the release pipeline; null without github_repository."
  value       = one(aws_iam_role.push[*].arn)
}
