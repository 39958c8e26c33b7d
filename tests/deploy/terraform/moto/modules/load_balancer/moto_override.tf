# moto ignores conditions of bucket policies: "deny without TLS" would deny everything.
resource "aws_s3_bucket_policy" "logs" {
  count = 0
}

# moto forgets the description of a rule that names a group.
resource "aws_vpc_security_group_egress_rule" "tasks" {
  lifecycle {
    ignore_changes = [description]
  }
}
