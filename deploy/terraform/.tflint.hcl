# The rules bundled with tflint. Its rules for AWS are a plugin that a machine without GitHub cannot install.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
