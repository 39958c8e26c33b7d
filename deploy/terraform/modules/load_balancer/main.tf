# The only public address: HTTPS with TLS 1.2 or newer; HTTP only redirects.

resource "aws_security_group" "this" {
  name        = "${var.name}-load-balancer"
  description = "HTTP and HTTPS from clients"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  # checkov:skip=CKV_AWS_260: Port 80 only redirects to HTTPS.
  for_each = {
    for pair in setproduct(var.client_cidrs, [80, 443]) : "${pair[0]} ${pair[1]}" => { cidr = pair[0], port = pair[1] }
  }

  security_group_id = aws_security_group.this.id
  description       = "Clients"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  security_group_id            = aws_security_group.this.id
  description                  = "Requests and health checks to the API"
  referenced_security_group_id = var.target_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.target_port
  to_port                      = var.target_port
}

resource "aws_lb" "this" {
  # checkov:skip=CKV2_AWS_28: A firewall is the operator's choice: web_acl_arn. The service limits clients by itself.
  # checkov:skip=CKV2_AWS_76: See CKV2_AWS_28; no Java runs behind it.
  # checkov:skip=CKV_AWS_150: On by default; only the development environment turns it off.
  name                       = var.name
  load_balancer_type         = "application"
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.this.id]
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.deletion_protection
  # Shorter than KEEP_ALIVE_S (75 s), so the load balancer closes idle connections first and no request is lost.
  idle_timeout = 60

  access_logs {
    bucket  = aws_s3_bucket.logs.id
    enabled = true
  }

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378: TLS ends at the load balancer; only its group reaches the tasks, in private subnets.
  name                 = var.name
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = var.target_port
  deregistration_delay = var.deregistration_delay_s
  # A replica that just started warms up before it gets its full share.
  slow_start                    = 30
  load_balancing_algorithm_type = "round_robin"

  health_check {
    path                = "/api/v1/health/ready"
    matcher             = "200"
    interval            = var.health_interval_s
    timeout             = var.health_interval_s - 1
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.web_acl_arn == null ? 0 : 1

  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.web_acl_arn
}
