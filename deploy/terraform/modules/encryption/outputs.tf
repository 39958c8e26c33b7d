output "key_arn" {
  description = "The key."
  value       = aws_kms_key.this.arn

  # The alias is part of the key: what uses the key waits for it too.
  depends_on = [aws_kms_alias.this]
}
