{{- define "hello.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "hello.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Takes (dict "root" $ "component" "api"). */ -}}
{{- define "hello.componentSelector" -}}
{{ include "hello.selector" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "hello.labels" -}}
{{ include "hello.selector" . }}
app.kubernetes.io/version: {{ include "hello.version" . | quote }}
app.kubernetes.io/part-of: hello
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Takes (dict "root" $ "component" "api"). */ -}}
{{- define "hello.componentLabels" -}}
{{ include "hello.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Without the version of the chart: another one need not replace the pods. */ -}}
{{- define "hello.podLabels" -}}
{{ include "hello.componentSelector" . }}
app.kubernetes.io/version: {{ include "hello.version" .root | quote }}
{{- end -}}

{{- define "hello.version" -}}
{{- .Values.image.tag | default .Chart.AppVersion | trunc 63 -}}
{{- end -}}

{{- /* A digest wins over a tag: it names the image that was tested. */ -}}
{{- define "hello.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- with .Values.image.digest -}}
{{- printf "%s@%s" $.Values.image.repository . -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end -}}

{{- define "hello.secretName" -}}
{{- .Values.secrets.existingSecret | default (include "hello.fullname" .) -}}
{{- end -}}
