# moto forgets the description of a rule that names a group.
resource "aws_vpc_security_group_ingress_rule" "requests" {
  lifecycle {
    ignore_changes = [description]
  }
}
