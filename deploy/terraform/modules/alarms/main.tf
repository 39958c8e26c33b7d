# What CloudWatch knows and Prometheus inside the network does not: the load balancer, the data stores, missing tasks.
# Objectives and burn rates are in monitoring/prometheus.

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.subscribers

  topic_arn = aws_sns_topic.this.arn
  protocol  = startswith(each.value, "https://") ? "https" : "email"
  endpoint  = each.value
}

locals {
  balancer = { LoadBalancer = var.load_balancer }
  targets  = { LoadBalancer = var.load_balancer, TargetGroup = var.target_group }
  database = { DBClusterIdentifier = var.database_cluster }

  # Alarms that also roll a deployment back: they only fire for faults that clients notice.
  release = {
    errors = {
      description = "The API answers with 5xx: see AvailabilityBurn in the runbook."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.targets
      statistic   = "Sum", threshold = var.errors_per_minute, periods = 2
    }
    latency = {
      description = "1 % of the requests take too long: see LatencyBurn in the runbook."
      namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = local.targets
      statistic   = "p99", threshold = var.latency_s, periods = 3
    }
  }

  others = {
    refused = {
      description = "The load balancer itself answers with 5xx: no healthy target, or connections break."
      namespace   = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = local.balancer
      statistic   = "Sum", threshold = var.errors_per_minute, periods = 2
    }
    unhealthy = {
      description = "A task of the API is not ready: see Unready in the runbook."
      namespace   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", dimensions = local.targets
      statistic   = "Maximum", threshold = 0, periods = 5
    }
    database-cpu = {
      description = "The database is busy: look at Performance Insights."
      namespace   = "AWS/RDS", metric = "CPUUtilization", dimensions = local.database
      statistic   = "Average", threshold = 80, periods = 10
    }
    database-connections = {
      description = "Connections come near max_connections."
      namespace   = "AWS/RDS", metric = "DatabaseConnections", dimensions = local.database
      statistic   = "Maximum", threshold = floor(var.max_connections * 0.8), periods = 5
    }
    database-wraparound = {
      description = "Transaction ids run out: vacuum is held up, look for old transactions."
      namespace   = "AWS/RDS", metric = "MaximumUsedTransactionIDs", dimensions = local.database
      statistic   = "Maximum", threshold = 1000000000, periods = 1
    }
  }

  cache = merge([
    for node in var.cache_nodes : {
      "${node}-memory" = {
        description = "Valkey is nearly full: look at the length of the stream of events."
        namespace   = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage"
        dimensions  = { CacheClusterId = node }
        statistic   = "Maximum", threshold = 80, periods = 5
      }
      "${node}-cpu" = {
        description = "Valkey's thread is busy: take a larger node."
        namespace   = "AWS/ElastiCache", metric = "EngineCPUUtilization"
        dimensions  = { CacheClusterId = node }
        statistic   = "Average", threshold = 80, periods = 5
      }
    }
  ]...)

  alarms = merge(local.release, local.others, local.cache)
}

resource "aws_cloudwatch_metric_alarm" "above" {
  for_each = local.alarms

  alarm_name          = startswith(each.key, var.name) ? each.key : "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching" # no requests are no errors
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "missing" {
  for_each = var.services

  alarm_name          = "${var.name}-${each.key}-missing"
  alarm_description   = "Fewer tasks than wanted run: see TargetDown and WorkerMissing in the runbook."
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  dimensions          = { ClusterName = var.cluster_name, ServiceName = each.value.name }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = each.value.min_count
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}
