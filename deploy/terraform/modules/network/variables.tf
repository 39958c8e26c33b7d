variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC; a /16 leaves each subnet 4,091 of them."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "The network must be a CIDR block of /20 or larger."
  }
}

variable "zone_count" {
  description = "Availability zones in use."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.zone_count)
    error_message = "Use 2 or 3 zones: Aurora and the load balancer need two."
  }
}

variable "nat" {
  description = "How private subnets reach the internet: none, a single NAT gateway, or one per zone."
  type        = string
  default     = "single"

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat)
    error_message = "nat is none, single or per_zone."
  }
}

variable "interface_endpoints" {
  description = "Services of AWS that private subnets reach without NAT, such as ecr.api and secretsmanager."
  type        = set(string)
  default     = []
}

variable "kms_key_arn" {
  description = "Key that encrypts the flow logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 365
}
