# moto ignores conditions of bucket policies: "deny without TLS" would deny everything.
resource "aws_s3_bucket_policy" "logs" {
  count = 0
}
