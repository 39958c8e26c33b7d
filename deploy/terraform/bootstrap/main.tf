# What an account needs before its first environment: the bucket of the states, the repository of the image, the secret
# with the service's keys, and the role with which the release pipeline pushes images. Its own state is local at first;
# the README moves it into the bucket.

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
}

module "encryption" {
  source = "../modules/encryption"

  name = "hello-bootstrap"
}

resource "aws_secretsmanager_secret" "keys" {
  # checkov:skip=CKV2_AWS_57: Signing keys change in three steps, by hand: docs/runbook.md, "Keys".
  name                    = "hello/keys"
  description             = "SECRET_KEY and TOKEN_SIGNING_KEY; deploy/scripts/fill-keys writes the first version"
  kms_key_id              = module.encryption.key_arn
  recovery_window_in_days = var.force_destroy ? 0 : 30
}

resource "aws_ecr_repository" "this" {
  name                 = "hello"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = module.encryption.key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  # Enough to go back a year of weekly releases; signatures and SBOMs are tags too.
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 200 images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 200 }
      action       = { type = "expire" }
    }]
  })
}
