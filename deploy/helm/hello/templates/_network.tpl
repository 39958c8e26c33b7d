{{- /* A selector of pods; takes (dict "root" $ "components" (list "api" "worker")). */ -}}
{{- define "hello.clients" -}}
matchLabels: {{- include "hello.selector" .root | nindent 2 }}
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: {{ .components | toJson }}}
{{- end -}}

{{- /* The servers that pods may reach: those of the chart, and those of `networkPolicy.servers` that have peers. */ -}}
{{- define "hello.servers" -}}
{{- $processes := list "api" "worker" -}}
{{- $clients := dict "postgresql" (append $processes (include "hello.migrateComponent" .)) -}}
{{- $installed := dict "postgresql" .Values.postgresql.enabled "valkey" .Values.valkey.enabled -}}
{{- range $server, $rule := .Values.networkPolicy.servers }}
{{- $selector := include "hello.componentSelector" (dict "root" $ "component" $server) | fromYaml }}
{{- $isHere := index $installed $server }}
{{- $own := list (dict "podSelector" (dict "matchLabels" $selector)) }}
{{- if and (eq $server "kafka") $.Values.kafka.enabled }}
{{- $broker := dict "strimzi.io/cluster" (include "hello.fullname" $) "strimzi.io/kind" "Kafka" }}
{{- $rule = merge (dict "to" (list (dict "podSelector" (dict "matchLabels" $broker)))) $rule }}
{{- end }}
{{- if or $isHere $rule.to }}
{{ $server }}:
  inChart: {{ $isHere | default false }}
  port: {{ $rule.port }}
  clients: {{ index $clients $server | default $processes | compact | toJson }}
  to: {{ ternary $own $rule.to ($isHere | default false) | toJson }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The component of migrations that run in pods of their own; empty where there are none. */ -}}
{{- define "hello.migrateComponent" -}}
{{- if eq .Values.migration.mode "job" }}migrate{{ end -}}
{{- end -}}
