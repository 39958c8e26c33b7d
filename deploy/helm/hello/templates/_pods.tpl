{{- /* What Pod Security Standards ask of a `restricted` pod; takes (dict "user" 10001 "group" 0). */ -}}
{{- define "hello.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .group }}
fsGroup: {{ .group }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hello.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- end -}}

{{- /* What is the same in every pod. Service links would set POSTGRES_PORT and WORKER_PORT to tcp://... */ -}}
{{- define "hello.podDefaults" -}}
enableServiceLinks: false
automountServiceAccountToken: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- /* Takes (dict "root" $ "component" "api"): spread over nodes, then over zones, each revision by itself. */ -}}
{{- define "hello.topologySpread" -}}
{{- range $key, $rule := dict "kubernetes.io/hostname" "node" "topology.kubernetes.io/zone" "zone" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: {{ index $.root.Values.topologySpread $rule }}
  labelSelector:
    matchLabels: {{- include "hello.componentSelector" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{- /* The container of `hello migrate`; takes (dict "root" $ "env" ...), the source of its settings. */ -}}
{{- define "hello.migrateContainer" -}}
name: migrate
image: {{ include "hello.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [migrate]
{{ .env }}
resources: {{- toYaml .root.Values.migration.resources | nindent 2 }}
securityContext: {{- include "hello.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "hello.waitContainer" -}}
name: wait-for-postgresql
image: {{ .Values.postgresql.image }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
# The user has no name in this image, so pg_isready would ask for nothing unless it is told one.
command:
  - sh
  - -c
  - until pg_isready --timeout=2 --username=hello --host={{ include "hello.fullname" . }}-postgresql; do sleep 1; done
resources: {{- toYaml .Values.migration.resources | nindent 2 }}
securityContext: {{- include "hello.containerSecurityContext" . | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "hello.tmpVolume" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSize }}}
{{- end -}}

{{- /* Takes (dict "settings" ... "secret" "name"). */ -}}
{{- define "hello.migrateEnv" -}}
env:
  {{- range $key, $value := .settings }}
  - {name: {{ $key }}, value: {{ $value | quote }}}
  {{- end }}
envFrom:
  - secretRef: {name: {{ .secret }}}
{{- end -}}

{{- /* Takes the values of `persistence`. */ -}}
{{- define "hello.volumeClaim" -}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ .size }}}}
{{- end -}}
