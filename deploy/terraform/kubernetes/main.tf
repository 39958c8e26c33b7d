# The product in an existing cluster of Kubernetes, by the chart in deploy/helm/hello.

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = var.namespace

    labels = {
      "pod-security.kubernetes.io/enforce" = "restricted"
    }
  }
}

resource "helm_release" "this" {
  name      = "hello"
  namespace = kubernetes_namespace_v1.this.metadata[0].name
  chart     = "${path.module}/../../helm/hello"

  values = concat(
    [file("${path.module}/../../helm/hello/values-${var.environment}.yaml")],
    var.values,
    [yamlencode({ image = { repository = var.image.repository, digest = var.image.digest } })],
  )

  # A release that does not become ready goes back as a whole; the migration's hook must have ended as well.
  atomic          = true
  wait            = true
  wait_for_jobs   = true
  cleanup_on_fail = true
  timeout         = var.timeout_s
  max_history     = 10
}
