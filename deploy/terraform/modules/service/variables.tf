variable "name" {
  description = "Name of the service."
  type        = string
}

variable "cluster_arn" {
  description = "The ECS cluster."
  type        = string
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "task_definition_arn" {
  description = "What to run."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one per zone."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Groups of the tasks."
  type        = list(string)
}

variable "load_balancer" {
  description = "Where tasks register; null for a service without clients."
  type        = object({ target_group_arn = string, port = number })
  default     = null
}

variable "namespace_id" {
  description = "Private DNS namespace in which the tasks are found."
  type        = string
}

variable "discovery_name" {
  description = "Name of the service in that namespace."
  type        = string
}

variable "min_count" {
  description = "Fewest tasks; two or more survive the loss of a zone."
  type        = number

  validation {
    condition     = var.min_count >= 1
    error_message = "At least one."
  }
}

variable "max_count" {
  description = "Most tasks."
  type        = number

  validation {
    condition     = var.max_count >= var.min_count
    error_message = "max_count is below min_count."
  }
}

variable "cpu_target_percent" {
  description = "Average CPU use that autoscaling aims at; the rest is for the seconds until a new task serves."
  type        = number
  default     = 60

  validation {
    condition     = var.cpu_target_percent >= 20 && var.cpu_target_percent <= 90
    error_message = "20 to 90 percent."
  }
}

variable "requests_target" {
  description = "Requests per task and minute that autoscaling aims at, and the load balancer that counts them."
  type        = object({ per_minute = number, resource_label = string })
  default     = null
}

variable "rollback_alarms" {
  description = "Alarms that end a deployment and bring the previous revision back."
  type        = list(string)
  default     = []
}

variable "wait_for_steady_state" {
  description = "Wait until all tasks are new."
  type        = bool
  default     = true
}
