# The release pipeline has no password of AWS: GitHub vouches for it, and only for releases of this repository.

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_repository == null ? 0 : 1

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "pipeline_assume" {
  count = var.github_repository == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github[0].arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.github_repository}:environment:registry"]
    }
  }
}

data "aws_iam_policy_document" "push" {
  # checkov:skip=CKV_AWS_356: ecr:GetAuthorizationToken has no resource.
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [aws_ecr_repository.this.arn]
  }
}

resource "aws_iam_role" "push" {
  count = var.github_repository == null ? 0 : 1

  name               = "hello-push"
  description        = "Release pipeline: pushes images"
  assume_role_policy = data.aws_iam_policy_document.pipeline_assume[0].json
}

resource "aws_iam_role_policy" "push" {
  count = var.github_repository == null ? 0 : 1

  name   = "push-images"
  role   = aws_iam_role.push[0].id
  policy = data.aws_iam_policy_document.push.json
}
