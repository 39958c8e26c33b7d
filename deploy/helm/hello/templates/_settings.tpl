{{- /* The settings that are no secrets: those of the values, and those that follow from other values. */ -}}
{{- define "hello.settings" -}}
{{- $name := include "hello.fullname" . -}}
{{- $derived := dict "METRICS_PORT" "9464" "METRICS_HOST" "0.0.0.0" -}}
{{- if .Values.postgresql.enabled -}}
{{- $_ := set $derived "POSTGRES_HOST" (printf "%s-postgresql" $name) -}}
{{- $_ := set $derived "POSTGRES_PORT" "5432" -}}
{{- $_ := set $derived "POSTGRES_USER" "hello" -}}
{{- $_ := set $derived "POSTGRES_DB" "hello" -}}
{{- end -}}
{{- if .Values.valkey.enabled -}}
{{- $_ := set $derived "REDIS_URL" (printf "redis://%s-valkey:6379/0" $name) -}}
{{- end -}}
{{- if .Values.kafka.enabled -}}
{{- $_ := set $derived "BROKER_URL" (printf "kafka://%s-kafka-bootstrap:9092" $name) -}}
{{- $_ := set $derived "EVENTS_TOPIC" .Values.kafka.topic.name -}}
{{- end -}}
{{- range $key, $value := merge $derived .Values.settings }}
{{- /* JSON writes a large number in full, where the template language writes 1e+06. */}}
{{ $key }}: {{ kindIs "string" $value | ternary $value ($value | toJson) | quote }}
{{- end -}}
{{- end -}}

{{- /* Seconds until Kubernetes kills: the pause before SIGTERM, the drain, requests in flight, and a reserve. */ -}}
{{- define "hello.gracePeriod" -}}
{{- $drain := .Values.settings.DRAIN_S | float64 | ceil -}}
{{- $shutdown := .Values.settings.SHUTDOWN_TIMEOUT_S | float64 | ceil -}}
{{- add .Values.preStopSleepSeconds $drain $shutdown 5 -}}
{{- end -}}

{{- /* Fail early: production would start with secrets that are only safe on a laptop, and stop at once. */ -}}
{{- define "hello.checkSecrets" -}}
{{- $given := or .Values.secrets.existingSecret .Values.secrets.externalSecret.enabled -}}
{{- if and (eq .Values.settings.ENVIRONMENT "production") (not $given) -}}
{{- fail "production needs secrets.existingSecret or secrets.externalSecret.enabled" -}}
{{- end -}}
{{- if and $given .Values.secrets.values -}}
{{- fail "secrets.values cannot be combined with secrets.existingSecret or secrets.externalSecret" -}}
{{- end -}}
{{- if and .Values.secrets.existingSecret .Values.secrets.externalSecret.enabled -}}
{{- fail "set either secrets.existingSecret or secrets.externalSecret.enabled" -}}
{{- end -}}
{{- end -}}
