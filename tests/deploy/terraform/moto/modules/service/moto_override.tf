# moto cannot list the tags of a target of autoscaling, and policies need a target.
resource "aws_appautoscaling_target" "this" {
  count = 0
}

resource "aws_appautoscaling_policy" "cpu" {
  count              = 0
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/none/none"
}

resource "aws_appautoscaling_policy" "requests" {
  count              = 0
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/none/none"
}

# moto forgets these arguments when it creates a service; it keeps them when it changes one.
resource "aws_ecs_service" "this" {
  lifecycle {
    ignore_changes = [
      availability_zone_rebalancing,
      desired_count,
      enable_ecs_managed_tags,
      health_check_grace_period_seconds,
    ]
  }
}
