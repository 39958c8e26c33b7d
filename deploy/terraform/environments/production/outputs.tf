output "hello" {
  description = "Addresses and names of this installation; see modules/hello/outputs.tf."
  value       = module.hello
}
