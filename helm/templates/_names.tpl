{{/* The chart's name, or the one given. */}}
{{- define "pillarbox.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 35 | trimSuffix "-" -}}
{{- end -}}

{{/* What every object's name begins with. With the longest ending it has 52 characters, as many as a StatefulSet's may. */}}
{{- define "pillarbox.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 35 | trimSuffix "-" -}}
{{- else if contains (include "pillarbox.name" .) .Release.Name -}}
{{- .Release.Name | trunc 35 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "pillarbox.name" .) | trunc 35 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of a worker group's objects. Takes: root, group. */}}
{{- define "pillarbox.workerName" -}}
{{- printf "%s-worker-%s" (include "pillarbox.fullname" .root) .group.name -}}
{{- end -}}

{{/* The service account of everything that runs for longer than the migration. */}}
{{- define "pillarbox.serviceAccountName" -}}
{{- default (ternary (include "pillarbox.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* What a component's pods are found by; never changes. Takes: root, component, group (of a worker). */}}
{{- define "pillarbox.selectorLabels" -}}
app.kubernetes.io/name: {{ include "pillarbox.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .group }}
pillarbox/worker-group: {{ .name }}
{{- end }}
{{- end -}}

{{/* The labels of a component's pods: not the chart's version, which alone replaces none. */}}
{{- define "pillarbox.podLabels" -}}
{{ include "pillarbox.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "pillarbox.name" .root }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- with .own }}
{{- with .podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The labels of a component's objects. Takes what selectorLabels takes. */}}
{{- define "pillarbox.labels" -}}
{{ include "pillarbox.podLabels" (omit . "own") }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The image, by digest if there is one. */}}
{{- define "pillarbox.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where the Service is, for whoever is in the cluster. */}}
{{- define "pillarbox.serviceUrl" -}}
{{- $port := int64 .Values.service.port -}}
http://{{ include "pillarbox.fullname" . }}.{{ .Release.Namespace }}.svc{{ if ne $port 80 }}:{{ $port }}{{ end }}
{{- end -}}
