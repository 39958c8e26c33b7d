terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }

  # The bucket, its region and its key come from bootstrap: `terraform init -backend-config=backend.hcl`.
  backend "s3" {
    key          = "hello/production.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      application = "hello"
      environment = "production"
      managed-by  = "terraform"
    }
  }
}
