# moto ignores conditions of bucket policies: "deny without TLS" would deny everything.
resource "aws_s3_bucket_policy" "state" {
  count = 0
}

provider "aws" {
  region            = var.region
  s3_use_path_style = true
}

# moto cannot remove the marks of deleted versions, so a bucket with versions stays.
resource "aws_s3_bucket_versioning" "state" {
  count = 0
}
