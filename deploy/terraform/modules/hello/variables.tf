variable "name" {
  description = "Name of this installation, such as hello-production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "Use 3 to 24 lower-case letters, digits and hyphens."
  }
}

variable "image" {
  description = "The image by digest, as the release pipeline prints it."
  type        = string

  validation {
    condition     = can(regex("^[^@]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by digest (repository@sha256:...): a tag may be another image tomorrow."
  }
}

variable "repository_arn" {
  description = "Repository of the image in ECR; null for a public registry."
  type        = string
  default     = null
}

variable "cpu_architecture" {
  description = "Architecture of the image: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
}

variable "domain" {
  description = "Name at which clients reach the service."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "Give a host name, without https://."
  }
}

variable "zone_id" {
  description = "Hosted zone of the domain in Route 53; null if its DNS is elsewhere."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "Certificate in ACM, if zone_id is null."
  type        = string
  default     = null
}

variable "web_acl_arn" {
  description = "Firewall (AWS WAF) for the load balancer, if there is one."
  type        = string
  default     = null
}

variable "client_cidrs" {
  description = "Networks of the clients."
  type        = set(string)
  default     = ["0.0.0.0/0"]
}

variable "prometheus_cidrs" {
  description = "Networks from which Prometheus reads metrics."
  type        = set(string)
  default     = []
}

variable "keys_secret" {
  description = "Secret with SECRET_KEY and TOKEN_SIGNING_KEY, and the key that encrypts it: outputs of bootstrap."
  type        = object({ arn = string, kms_key_arn = string })
}

variable "keys_version" {
  description = "Raise it after a change of keys_secret, so that tasks are replaced."
  type        = number
  default     = 1
}

variable "database_ca" {
  description = "Certificates of Amazon RDS in this region, in PEM."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.20.0.0/16"
}

variable "zone_count" {
  description = "Availability zones: 2, or 3 for Kafka."
  type        = number
  default     = 2
}

variable "nat" {
  description = "How private subnets reach the internet: none, single or per_zone."
  type        = string
  default     = "single"
}

variable "interface_endpoints" {
  description = "Services of AWS that private subnets reach without NAT."
  type        = set(string)
  default     = []

  validation {
    condition = var.nat != "none" || length(
      setsubtract(["ecr.api", "ecr.dkr", "logs", "secretsmanager"], var.interface_endpoints)
    ) == 0
    error_message = "Without NAT, tasks start only with endpoints for ecr.api, ecr.dkr, logs and secretsmanager."
  }
}

variable "database" {
  description = "Size of Aurora; max_connections is what its memory allows, see the README."
  type = object({
    engine_version        = optional(string, "17.5")
    instance_class        = optional(string, "db.serverless")
    instance_count        = optional(number, 1)
    serverless_capacity   = optional(object({ min = number, max = number }), { min = 0.5, max = 4 })
    max_connections       = number
    backup_retention_days = optional(number, 7)
    password_version      = optional(number, 1)
  })
}

variable "cache" {
  description = "Size of Valkey."
  type = object({
    node_type     = optional(string, "cache.t4g.micro")
    node_count    = optional(number, 1)
    token_version = optional(number, 1)
  })
  default = {}
}

variable "kafka" {
  description = "Size of Kafka; null publishes events to Valkey, which may lose some when a node fails."
  type = object({
    instance_type = optional(string, "kafka.t3.small")
    volume_gib    = optional(number, 50)
  })
  default = null

  validation {
    condition     = var.kafka == null || var.zone_count == 3
    error_message = "Kafka keeps three copies: set zone_count to 3."
  }
}

variable "tasks" {
  description = "CPU units, memory in MiB and numbers of tasks."
  type = object({
    api    = object({ cpu = number, memory = number, min_count = number, max_count = number })
    worker = object({ cpu = number, memory = number, min_count = number, max_count = number })
  })
}

variable "pool" {
  description = "DATABASE_POOL_SIZE and DATABASE_POOL_OVERFLOW of each task."
  type        = object({ size = number, overflow = number })
  default     = { size = 10, overflow = 10 }
}

variable "requests_per_minute" {
  description = "Requests per API task and minute that autoscaling aims at."
  type        = number
  default     = 12000

  validation {
    condition     = var.requests_per_minute > 0
    error_message = "More than 0."
  }
}

variable "drain_s" {
  description = "DRAIN_S: longer than two health checks of the load balancer."
  type        = number
  default     = 15

  validation {
    condition     = var.drain_s > 10
    error_message = "The load balancer needs two checks, 5 seconds apart, to see that a task is not ready."
  }
}

variable "shutdown_timeout_s" {
  description = "SHUTDOWN_TIMEOUT_S."
  type        = number
  default     = 15
}

variable "settings" {
  description = "Other settings of .env.example, such as TIMEZONE or RATE_LIMIT_HELLO. Not for secrets."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setintersection(keys(var.settings), [
      "ADMIN_TOKEN", "DATABASE_DIRECT_URL", "DATABASE_URL", "OTEL_EXPORTER_OTLP_HEADERS", "POSTGRES_PASSWORD",
      "REDIS_URL", "SEARCH_API_KEY", "SECRET_KEY", "TOKEN_SIGNING_KEY",
    ])) == 0
    error_message = "Secrets do not belong into settings: anybody who may describe a task reads them."
  }
}

variable "alarm_subscribers" {
  description = "E-mail addresses and https:// webhooks that get alarms."
  type        = set(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse deletion of the database, the load balancer and its logs; keep deleted secrets for 30 days."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 180, 365, 400, 731], var.log_retention_days)
    error_message = "CloudWatch allows 30, 60, 90, 120, 180, 365, 400 and 731 days."
  }
}

variable "migrate" {
  description = "Run the migration before the services change; needs the AWS CLI."
  type        = bool
  default     = true
}

variable "wait_for_steady_state" {
  description = "Let an apply wait until all tasks are new."
  type        = bool
  default     = true
}
