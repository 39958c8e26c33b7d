{{- /* The Deployment of a process; takes (dict "root" $ "component" "api" "port" 8000). */ -}}
{{- define "hello.deployment" -}}
{{- $values := index .root.Values .component -}}
{{- $name := include "hello.fullname" .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-{{ .component }}
  labels: {{- include "hello.componentLabels" . | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: {{ .root.Values.progressDeadlineSeconds }}
  minReadySeconds: {{ .root.Values.minReadySeconds }}
  # A new pod is ready before an old one ends: the number that serves never falls.
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "hello.componentSelector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "hello.podLabels" . | nindent 8 }}
      annotations:
        checksum/settings: {{ include "hello.settings" .root | sha256sum }}
        {{- with .root.Values.secrets.values }}
        checksum/secrets: {{ toYaml . | sha256sum }}
        {{- end }}
        {{- with .root.Values.secrets.version }}
        hello/secrets-version: {{ . | quote }}
        {{- end }}
        {{- with .root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "hello.podDefaults" .root | nindent 6 }}
      serviceAccountName: {{ $name }}-{{ .component }}
      securityContext: {{- include "hello.podSecurityContext" (dict "user" 10001 "group" 0) | nindent 8 }}
      terminationGracePeriodSeconds: {{ include "hello.gracePeriod" .root }}
      topologySpreadConstraints: {{- include "hello.topologySpread" . | nindent 8 }}
      {{- if and (eq .component "api") (eq .root.Values.migration.mode "initContainer") }}
      initContainers:
        {{- if .root.Values.postgresql.enabled }}
        - {{- include "hello.waitContainer" .root | nindent 10 }}
        {{- end }}
        {{- $env := include "hello.envFrom" .root }}
        - {{- include "hello.migrateContainer" (dict "root" .root "env" $env) | nindent 10 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "hello.image" .root }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .component }}]
          {{- include "hello.envFrom" .root | nindent 10 }}
          ports:
            - {name: http, containerPort: {{ .port }}}
            {{- if eq .component "api" }}
            - {name: metrics, containerPort: 9464}
            {{- end }}
          startupProbe:
            httpGet: {path: /api/v1/health, port: http}
            periodSeconds: 1
            timeoutSeconds: 3
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /api/v1/health, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /api/v1/health/ready, port: http}
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 2
          {{- if and (eq .component "api") .root.Values.preStopSleepSeconds }}
          # Event streams end with SIGTERM: their clients must not reach this pod again when they reconnect.
          lifecycle:
            preStop:
              sleep: {seconds: {{ .root.Values.preStopSleepSeconds }}}
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext: {{- include "hello.containerSecurityContext" . | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes: {{- include "hello.tmpVolume" .root | nindent 8 }}
{{- end -}}

{{- define "hello.envFrom" -}}
envFrom:
  - configMapRef: {name: {{ include "hello.fullname" . }}}
  - secretRef: {name: {{ include "hello.secretName" . }}}
{{- end -}}
