variable "name" {
  description = "Prefix of all names, and the identifier of the cluster."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two zones at least."
  type        = list(string)
}

variable "client_security_group_id" {
  description = "Group of the tasks that may connect."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts storage, logs and secrets."
  type        = string
}

variable "ca_file" {
  description = "Where a task has the certificates of Amazon RDS, for sslrootcert."
  type        = string
}

variable "engine_version" {
  description = "Version of Aurora PostgreSQL, 16 or newer."
  type        = string
  default     = "17.5"

  validation {
    condition     = can(regex("^(16|17|18)\\.[0-9]+$", var.engine_version))
    error_message = "The service runs on PostgreSQL 16, 17 or 18: give major.minor."
  }
}

variable "instance_class" {
  description = "Class of each instance; db.serverless scales between the limits of serverless_capacity."
  type        = string
  default     = "db.serverless"

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "A class begins with db."
  }
}

variable "instance_count" {
  description = "Instances: one writer, the others can take over within a minute."
  type        = number
  default     = 1

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 16
    error_message = "Aurora has 1 to 16 instances."
  }
}

variable "serverless_capacity" {
  description = "Capacity units of db.serverless; one is about 2 GiB of memory."
  type        = object({ min = number, max = number })
  default     = { min = 0.5, max = 4 }

  validation {
    condition     = var.serverless_capacity.min >= 0.5 && var.serverless_capacity.max >= var.serverless_capacity.min
    error_message = "min is at least 0.5, so that the database does not pause, and max is not below min."
  }
}

variable "backup_retention_days" {
  description = "Days back to which the database can be restored, to any second."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "Aurora keeps 1 to 35 days."
  }
}

variable "deletion_protection" {
  description = "Refuse deletion; when it is off, deletion keeps no snapshot either."
  type        = bool
  default     = true
}

variable "password_version" {
  description = "Raise it to generate a new password."
  type        = number
  default     = 1
}

variable "secret_recovery_days" {
  description = "Days in which deleted secrets can be restored; 0 deletes them at once."
  type        = number
  default     = 30
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}
