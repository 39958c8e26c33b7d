variable "name" {
  description = "Prefix of all names, and the name of the cluster."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets; one broker in each."
  type        = list(string)
}

variable "client_security_group_id" {
  description = "Group of the tasks that may connect."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts data and logs."
  type        = string
}

variable "kafka_version" {
  description = "Version of Kafka."
  type        = string
  default     = "3.8.x"
}

variable "instance_type" {
  description = "Type of each broker."
  type        = string
  default     = "kafka.t3.small"

  validation {
    condition     = startswith(var.instance_type, "kafka.")
    error_message = "A type begins with kafka."
  }
}

variable "volume_gib" {
  description = "Storage of each broker in GiB."
  type        = number
  default     = 50

  validation {
    condition     = var.volume_gib >= 10
    error_message = "A broker needs 10 GiB or more."
  }
}

variable "partitions" {
  description = "Partitions of a new topic: at most so many workers share the events."
  type        = number
  default     = 12
}

variable "retention_hours" {
  description = "Hours that events are kept; less than INBOX_DAYS."
  type        = number
  default     = 168

  validation {
    condition     = var.retention_hours < 30 * 24
    error_message = "A consumer remembers events for 30 days (INBOX_DAYS); the broker must forget them earlier."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}
