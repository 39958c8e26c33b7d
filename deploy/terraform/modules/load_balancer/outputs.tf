output "dns_name" {
  description = "Name of the load balancer, for a CNAME elsewhere."
  value       = aws_lb.this.dns_name
}

output "arn_suffix" {
  description = "The load balancer in metrics."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn" {
  description = "Where the API's tasks register."
  value       = aws_lb_target_group.this.arn

  # ECS refuses a target group that no listener uses.
  depends_on = [aws_lb_listener.https]
}

output "target_group_arn_suffix" {
  description = "The target group in metrics."
  value       = aws_lb_target_group.this.arn_suffix
}

output "security_group_id" {
  description = "Group of the load balancer."
  value       = aws_security_group.this.id
}
