variable "name" {
  description = "Name of the load balancer and prefix of all names."
  type        = string

  validation {
    condition     = length(var.name) <= 24
    error_message = "Use 24 characters or fewer: the names of a load balancer and of a bucket's prefix are short."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets."
  type        = list(string)
}

variable "target_security_group_id" {
  description = "Group of the API's tasks."
  type        = string
}

variable "target_port" {
  description = "Port of the API."
  type        = number
}

variable "client_cidrs" {
  description = "Networks of the clients."
  type        = set(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for cidr in var.client_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Each entry is a CIDR block."
  }
}

variable "domain" {
  description = "Name at which clients reach the service."
  type        = string
}

variable "zone_id" {
  description = "Hosted zone of the domain; null if its DNS is elsewhere."
  type        = string
  default     = null
}

variable "certificate_arn" {
  description = "Certificate in ACM, without zone_id: an imported one, or one proved elsewhere."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) != (var.zone_id == null)
    error_message = "Give either zone_id or certificate_arn."
  }
}

variable "health_interval_s" {
  description = "Seconds between health checks."
  type        = number
  default     = 5

  validation {
    condition     = var.health_interval_s >= 5 && var.health_interval_s <= 60
    error_message = "5 to 60 seconds."
  }
}

variable "deregistration_delay_s" {
  description = "Seconds for requests in flight after a target left."
  type        = number
  default     = 30
}

variable "web_acl_arn" {
  description = "Firewall (AWS WAF) in front of the load balancer, if there is one."
  type        = string
  default     = null
}

variable "access_log_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Refuse deletion of the load balancer and of its logs."
  type        = bool
  default     = true
}
