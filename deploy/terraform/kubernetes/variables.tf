variable "kubeconfig" {
  description = "File with the cluster's address and credentials."
  type        = string
  default     = "~/.kube/config"
}

variable "context" {
  description = "Context of that file; null for its current one."
  type        = string
  default     = null
}

variable "namespace" {
  description = "Namespace of the product."
  type        = string
  default     = "hello"

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "Use lower-case letters, digits and hyphens."
  }
}

variable "environment" {
  description = "Which values file of the chart: dev, staging or production."
  type        = string
  default     = "production"

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "dev, staging or production."
  }
}

variable "image" {
  description = "Repository and digest of the image."
  type        = object({ repository = string, digest = string })

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image.digest))
    error_message = "A digest is sha256: and 64 hexadecimal digits."
  }
}

variable "values" {
  description = "Further values of the chart, as YAML documents; later ones win."
  type        = list(string)
  default     = []
}

variable "timeout_s" {
  description = "Seconds until the release goes back."
  type        = number
  default     = 600

  validation {
    condition     = var.timeout_s >= 60
    error_message = "At least 60 seconds."
  }
}
