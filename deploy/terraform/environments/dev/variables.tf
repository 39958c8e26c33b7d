variable "region" {
  description = "Region of AWS."
  type        = string
  default     = "eu-central-1"
}

variable "image" {
  description = "The image by digest: repository@sha256:..."
  type        = string
}

variable "repository_arn" {
  description = "Repository of the image in ECR: output of bootstrap; null for a public registry."
  type        = string
  default     = null
}

variable "keys_secret" {
  description = "Secret with SECRET_KEY and TOKEN_SIGNING_KEY: output of bootstrap."
  type        = object({ arn = string, kms_key_arn = string })
}

variable "domain" {
  description = "Name at which clients reach the service."
  type        = string
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

variable "database_ca_file" {
  description = "File with the certificates of Amazon RDS in this region; see the README."
  type        = string
}

variable "prometheus_cidrs" {
  description = "Networks from which Prometheus reads metrics."
  type        = set(string)
  default     = []
}

variable "alarm_subscribers" {
  description = "E-mail addresses and https:// webhooks that get alarms."
  type        = set(string)
  default     = []
}

variable "settings" {
  description = "Other settings of .env.example. Not for secrets."
  type        = map(string)
  default     = {}
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
