# A task definition of the image: API, worker or migration, with a log and two roles of its own.

data "aws_region" "current" {}

locals {
  # A volume of Fargate belongs to root, and the service is not root: `prepare` opens /tmp and writes the certificates.
  certificates = dirname(var.ca_file)
  prepare      = "chmod 1777 /tmp && printf '%s' \"$DATABASE_CA\" > ${var.ca_file}"

  prepare_memory = 64

  logs = {
    logDriver = "awslogs"
    options = {
      "awslogs-group"         = aws_cloudwatch_log_group.this.name
      "awslogs-region"        = data.aws_region.current.name
      "awslogs-stream-prefix" = var.role
      # A slow log service must not stop the event loop: lines wait in memory, and the oldest are dropped.
      "mode"            = "non-blocking"
      "max-buffer-size" = "16m"
    }
  }

  shared = {
    image                  = var.image
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { capabilities = { add = [], drop = ["ALL"] } }
    logConfiguration       = local.logs
  }

  containers = [
    merge(local.shared, {
      name              = "hello"
      essential         = true
      user              = "10001:0"
      command           = var.command
      memoryReservation = var.memory - local.prepare_memory
      stopTimeout       = var.stop_timeout_s
      portMappings      = [for port in var.ports : { containerPort = port, hostPort = port, protocol = "tcp" }]
      environment       = [for name, value in var.environment : { name = name, value = value }]
      secrets           = [for name, source in var.secrets : { name = name, valueFrom = source }]
      dependsOn         = [{ containerName = "prepare", condition = "SUCCESS" }]
      healthCheck       = local.health_check
      # Secrets are read at the start: another version is another revision, so that tasks are replaced.
      dockerLabels = { secrets-version = var.secrets_version }
      mountPoints = [
        { sourceVolume = "certificates", containerPath = local.certificates, readOnly = true },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]
    }),
    merge(local.shared, {
      name              = "prepare"
      essential         = false
      user              = "0:0"
      entryPoint        = ["sh", "-ec"]
      command           = [local.prepare]
      memoryReservation = local.prepare_memory
      environment       = [{ name = "DATABASE_CA", value = var.database_ca }]
      mountPoints = [
        { sourceVolume = "certificates", containerPath = local.certificates, readOnly = false },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]
    }),
  ]

  # Liveness only: a process that waits for its database must not be replaced.
  health_check = var.health_check ? {
    command     = ["CMD", "python", "-m", "hello.entrypoints.liveness"]
    interval    = 10
    timeout     = 5
    retries     = 3
    startPeriod = 30
  } : null
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/${var.role}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-${var.role}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions = jsonencode([
    for container in local.containers : { for key, value in container : key => value if value != null }
  ])
  # A rollback starts the previous revision again, so it must stay registered.
  skip_destroy = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "certificates"
  }

  volume {
    name = "tmp"
  }
}
