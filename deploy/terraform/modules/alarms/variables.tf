variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts notices."
  type        = string
}

variable "subscribers" {
  description = "E-mail addresses and https:// webhooks that get the notices."
  type        = set(string)

  validation {
    condition     = alltrue([for to in var.subscribers : can(regex("^(https://.+|[^@]+@[^@]+)$", to))])
    error_message = "Each is an e-mail address or begins with https://."
  }
}

variable "load_balancer" {
  description = "The load balancer in metrics."
  type        = string
}

variable "target_group" {
  description = "The target group in metrics."
  type        = string
}

variable "database_cluster" {
  description = "The database in metrics."
  type        = string
}

variable "max_connections" {
  description = "Connections that the database allows."
  type        = number
}

variable "cache_nodes" {
  description = "Nodes of the cache."
  type        = list(string)
}

variable "cluster_name" {
  description = "The ECS cluster."
  type        = string
}

variable "services" {
  description = "Services of ECS and the fewest tasks that each must have."
  type        = map(object({ name = string, min_count = number }))
}

variable "errors_per_minute" {
  description = "5xx answers in a minute that are too many."
  type        = number
  default     = 10
}

variable "latency_s" {
  description = "Seconds that 99 % of all requests must stay below; log-ins hash passwords and take the longest."
  type        = number
  default     = 1
}
