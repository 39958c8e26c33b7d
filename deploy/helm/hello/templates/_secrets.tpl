{{- /* Takes (dict "root" $ "name" ... "annotations" ...), as the next one does. */ -}}
{{- define "hello.secret" -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .name }}
  labels: {{- include "hello.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
type: Opaque
stringData: {{- toYaml .root.Values.secrets.values | nindent 2 }}
{{- end -}}

{{- define "hello.externalSecret" -}}
{{- $external := .root.Values.secrets.externalSecret -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ .name }}
  labels: {{- include "hello.labels" .root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  refreshInterval: {{ $external.refreshInterval }}
  secretStoreRef: {kind: {{ $external.storeKind }}, name: {{ $external.storeName }}}
  target: {name: {{ .name }}, creationPolicy: Owner}
  dataFrom:
    - extract: {key: {{ $external.key }}}
{{- end -}}
