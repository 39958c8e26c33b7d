variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "role" {
  description = "What the task does: api, worker or migrate."
  type        = string
}

variable "image" {
  description = "The image, by digest."
  type        = string
}

variable "command" {
  description = "Arguments of `hello`."
  type        = list(string)
}

variable "cpu" {
  description = "CPU units; 1024 are one core."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate has 256, 512, 1024, 2048, 4096, 8192 or 16384 units."
  }
}

variable "memory" {
  description = "Memory in MiB."
  type        = number

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu
    error_message = "Fargate allows 2 to 8 MiB per CPU unit."
  }
}

variable "cpu_architecture" {
  description = "Architecture of the image."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "X86_64 or ARM64."
  }
}

variable "environment" {
  description = "Settings that are no secrets; see .env.example."
  type        = map(string)
}

variable "secrets" {
  description = "Settings that are secrets, and where ECS reads them: the ARN of a secret, or ARN:KEY::."
  type        = map(string)
}

variable "secrets_version" {
  description = "Changes when a secret has a new value."
  type        = string
}

variable "secret_arns" {
  description = "All secrets that the task may read."
  type        = list(string)
}

variable "secret_key_arns" {
  description = "Keys that encrypt those secrets."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Key that encrypts the log."
  type        = string
}

variable "repository_arn" {
  description = "Repository of the image in ECR; null for a public registry."
  type        = string
  default     = null
}

variable "database_ca" {
  description = "Certificates of the database's authority, in PEM."
  type        = string

  validation {
    condition     = startswith(var.database_ca, "-----BEGIN CERTIFICATE-----") && length(var.database_ca) < 24000
    error_message = "Give the bundle of one region in PEM: a task definition has room for 64 KiB."
  }
}

variable "ca_file" {
  description = "Where the task has these certificates."
  type        = string
}

variable "ports" {
  description = "Ports that the task listens on."
  type        = list(number)
  default     = []
}

variable "health_check" {
  description = "Ask the process whether it is alive."
  type        = bool
  default     = true
}

variable "stop_timeout_s" {
  description = "Seconds between SIGTERM and SIGKILL."
  type        = number

  validation {
    condition     = var.stop_timeout_s <= 120
    error_message = "Fargate waits 120 seconds at most: lower DRAIN_S or SHUTDOWN_TIMEOUT_S."
  }
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 365
}
