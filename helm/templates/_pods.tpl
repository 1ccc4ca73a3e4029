{{/* A component's values on those of every pod. Takes: root, own. */}}
{{- define "pillarbox.merged" -}}
{{- $every := deepCopy .root.Values.pod -}}
{{- toJson (mergeOverwrite $every (deepCopy .own)) -}}
{{- end -}}

{{/* A worker group's values on those of every worker, on those of every pod. Takes: root, group. */}}
{{- define "pillarbox.mergedWorker" -}}
{{- $every := mergeOverwrite (deepCopy .root.Values.pod) (deepCopy (omit .root.Values.worker "groups")) -}}
{{- toJson (mergeOverwrite $every (deepCopy .group)) -}}
{{- end -}}

{{/* The head of a pod's spec. Takes: root, own, account, selector (labels). */}}
{{- define "pillarbox.podHead" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .selector .own.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range .own.topologySpreadConstraints }}
  {{- $filled := dict "labelSelector" (dict "matchLabels" (fromYaml $.selector)) "matchLabelKeys" (list "pod-template-hash") }}
  - {{ toYaml (merge (deepCopy .) $filled) | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* What every container of ours has. Takes: root, own. */}}
{{- define "pillarbox.containerHead" -}}
image: {{ include "pillarbox.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml .root.Values.containerSecurityContext | nindent 2 }}
{{- with .own.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A long-running role's environment. Takes: root, component, own, lanes (of a worker). */}}
{{- define "pillarbox.environment" -}}
envFrom:
  - configMapRef:
      name: {{ include "pillarbox.fullname" .root }}
env:
  {{- include "pillarbox.secretVariables" . | nindent 2 }}
  {{- with .lanes }}
  - name: PILLARBOX_WORKER_LANES
    value: {{ join "," . | quote }}
  {{- end }}
  {{- with include "pillarbox.ownSettings" .own.config | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .own.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A container's environment as it is given, unless a variable stands there twice: the API server would refuse it. */}}
{{- define "pillarbox.eachOnce" -}}
{{- $names := list -}}
{{- range (fromYaml .).env -}}
{{- if has .name $names -}}
{{- fail (printf "extraEnv: %s is there twice, or the chart sets it already." .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{ . }}
{{- end -}}

{{/* preStop, for as long as the rest of the cluster needs to hear that this pod goes. */}}
{{- define "pillarbox.lifecycle" -}}
{{- if .preStopSeconds -}}
lifecycle:
  preStop:
    sleep:
      seconds: {{ int64 .preStopSeconds }}
{{- end -}}
{{- end -}}

{{/* The probes of a role, by the values'. Takes: probes, port (a name). */}}
{{- define "pillarbox.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: {{ .port }}}
  {{- toYaml .probes.startup | nindent 2 }}
livenessProbe:
  httpGet: {path: /livez, port: {{ .port }}}
  {{- toYaml .probes.liveness | nindent 2 }}
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}}
  {{- toYaml .probes.readiness | nindent 2 }}
{{- end -}}

{{/* Where a role writes, and what of relays it reads. Takes: root, component, own. */}}
{{- define "pillarbox.volumeMounts" -}}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if include "pillarbox.relayVolume" . }}
  - name: relay
    mountPath: /etc/pillarbox/relay
    readOnly: true
  {{- end }}
  {{- with .own.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "pillarbox.volumes" -}}
volumes:
  - name: tmp
    emptyDir:
      medium: Memory
      sizeLimit: {{ .own.tmpSize }}
  {{- with include "pillarbox.relayVolume" . }}
  - name: relay
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .own.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The file of relays, for all; and beside it the files that it names, for workers alone. */}}
{{- define "pillarbox.relayVolume" -}}
{{- $relay := .root.Values.relay -}}
{{- $fullname := include "pillarbox.fullname" .root -}}
{{- $files := and (eq .component "worker") (or $relay.files $relay.filesExistingSecrets) -}}
{{- if or (include "pillarbox.hasRelaysFile" .root) $files -}}
projected:
  defaultMode: 0440
  sources:
    {{- if $relay.toml }}
    - configMap:
        name: {{ $fullname }}-relays
    {{- else if $relay.tomlExistingSecret }}
    - secret:
        name: {{ $relay.tomlExistingSecret }}
        items:
          - key: {{ $relay.tomlExistingSecretKey }}
            path: relays.toml
    {{- end }}
    {{- if $files }}
    {{- if $relay.files }}
    - secret:
        name: {{ $fullname }}-relay-files
    {{- end }}
    {{- range $relay.filesExistingSecrets }}
    - secret:
        name: {{ . }}
    {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/*
Changes when what a role reads at its start does, so that its pods are replaced; what lies in Secrets that
are not the chart's is not seen. Takes: root, component.
*/}}
{{- define "pillarbox.checksums" -}}
checksum/config: {{ print (include "pillarbox.configData" .root) .root.Values.relay.toml | sha256sum }}
checksum/secret: {{ print (include "pillarbox.secretData" .root) (ternary (toJson .root.Values.relay.files) "" (eq .component "worker")) | sha256sum }}
{{- end -}}
