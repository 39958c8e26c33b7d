output "task_definition_arn" {
  description = "The revision of the task definition."
  value       = aws_ecs_task_definition.this.arn

  # A task that starts before its role may read secrets fails.
  depends_on = [aws_iam_role_policy.execution]
}

output "family" {
  description = "Name of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "log_group" {
  description = "Where the task logs."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arns" {
  description = "Roles that whoever starts the task must pass to it."
  value       = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
}
