variable "name" {
  description = "Prefix of all names, and the identifier of the replication group."
  type        = string

  validation {
    condition     = length(var.name) <= 40
    error_message = "ElastiCache allows 40 characters."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "client_security_group_id" {
  description = "Group of the tasks that may connect."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts data and secrets."
  type        = string
}

variable "node_type" {
  description = "Type of each node."
  type        = string
  default     = "cache.t4g.micro"

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "A type begins with cache."
  }
}

variable "node_count" {
  description = "Nodes: with two or more, one in another zone takes over."
  type        = number
  default     = 1

  validation {
    condition     = var.node_count >= 1 && var.node_count <= 6
    error_message = "A group has 1 to 6 nodes."
  }
}

variable "token_version" {
  description = "Raise it to generate a new token."
  type        = number
  default     = 1
}

variable "secret_recovery_days" {
  description = "Days in which deleted secrets can be restored; 0 deletes them at once."
  type        = number
  default     = 30
}
