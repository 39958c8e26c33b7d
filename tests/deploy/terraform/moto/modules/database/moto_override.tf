# moto forgets that an instance of Aurora has Performance Insights.
resource "aws_rds_cluster_instance" "this" {
  lifecycle {
    ignore_changes = [
      performance_insights_enabled,
      performance_insights_kms_key_id,
      performance_insights_retention_period,
    ]
  }
}

# moto forgets the description of a rule that names a group.
resource "aws_vpc_security_group_ingress_rule" "this" {
  lifecycle {
    ignore_changes = [description]
  }
}

# moto gives every cluster of Aurora the capacities of the first generation of serverless.
resource "aws_rds_cluster" "this" {
  lifecycle {
    ignore_changes = [scaling_configuration]
  }
}
