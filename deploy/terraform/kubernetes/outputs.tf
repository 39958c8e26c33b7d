output "revision" {
  description = "Revision of the release, for `helm rollback`."
  value       = helm_release.this.metadata.revision
}
