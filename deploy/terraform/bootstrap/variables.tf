variable "region" {
  description = "Region of AWS."
  type        = string
  default     = "eu-central-1"
}

variable "github_repository" {
  description = "owner/name of the repository whose release pipeline pushes images; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[\\w.-]+/[\\w.-]+$", var.github_repository))
    error_message = "Give owner/name."
  }
}

variable "force_destroy" {
  description = "Let a destroy delete states, images and secrets. For tests."
  type        = bool
  default     = false
}
