output "topic_arn" {
  description = "Where all notices go."
  value       = aws_sns_topic.this.arn
}

output "release_alarms" {
  description = "Alarms that roll a deployment of the API back."
  value       = [for key in keys(local.release) : aws_cloudwatch_metric_alarm.above[key].alarm_name]
}
