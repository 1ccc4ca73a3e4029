{{/* The ports in a text of URLs, as a list in JSON; each URL without one has its scheme's. */}}
{{- define "pillarbox.urlPorts" -}}
{{- $defaults := dict "smtp" 25 "smtp+opportunistic" 25 "smtp+starttls" 587 "smtps" 465 "https" 443 "postgresql+psycopg" 5432 "redis" 6379 "rediss" 6379 -}}
{{- $ports := list -}}
{{- range $url := regexFindAll "[a-z][a-z+]*://[^\\s\"']+" . -1 -}}
{{- $scheme := regexFind "^[a-z+]+" $url -}}
{{- $hosts := regexReplaceAll "^[a-z+]+://([^/]*@)?([^/?]*).*$" $url "${2}" -}}
{{- range splitList "," $hosts -}}
{{- $port := regexFind ":[0-9]+$" . | trimPrefix ":" -}}
{{- $port = ternary (int $port) (get $defaults $scheme) (ne $port "") -}}
{{- if and $port (not (has $port $ports)) }}{{ $ports = append $ports $port }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/*
A rule of egress. Takes: to (peers), ports (those of the values), urls (a text to find them in), and
usual (those of what cannot be looked into).
*/}}
{{- define "pillarbox.egress" -}}
{{- $ports := .ports -}}
{{- if not $ports }}{{ $ports = include "pillarbox.urlPorts" .urls | fromJsonArray }}{{ end -}}
{{- if not $ports }}{{ $ports = .usual }}{{ end -}}
- ports:
    {{- range $ports }}
    - port: {{ int64 . }}
      protocol: TCP
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* A rule of egress to a server of a trial. Takes: root, component, port. */}}
{{- define "pillarbox.egressToTrial" -}}
- ports:
    - port: {{ .port }}
      protocol: TCP
  to:
    - podSelector:
        matchLabels:
          {{- include "pillarbox.selectorLabels" . | nindent 10 }}
{{- end -}}

{{- define "pillarbox.egressToDns" -}}
- ports:
    {{- range .Values.networkPolicy.dns.ports }}
    - port: {{ int64 . }}
      protocol: UDP
    - port: {{ int64 . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "pillarbox.egressToDatabase" -}}
{{- if .Values.trialPostgresql.enabled -}}
{{- include "pillarbox.egressToTrial" (dict "root" . "component" "trial-postgresql" "port" 5432) -}}
{{- else -}}
{{- include "pillarbox.egress" (merge (dict "urls" .Values.database.url "usual" (list 5432)) .Values.networkPolicy.database) -}}
{{- end -}}
{{- end -}}

{{- define "pillarbox.egressToRedis" -}}
{{- if .Values.trialRedis.enabled -}}
{{- include "pillarbox.egressToTrial" (dict "root" . "component" "trial-redis" "port" 6379) -}}
{{- else -}}
{{- include "pillarbox.egress" (merge (dict "urls" .Values.redis.url "usual" (list 6379)) .Values.networkPolicy.redis) -}}
{{- end -}}
{{- end -}}

{{- define "pillarbox.egressToRelays" -}}
{{- $urls := print .Values.relay.url .Values.relay.toml -}}
{{- include "pillarbox.egress" (merge (dict "urls" $urls "usual" (list 25 465 587)) .Values.networkPolicy.relay) -}}
{{- end -}}

{{/* Who reads metrics, on a port. Takes: root, port. */}}
{{- define "pillarbox.ingressOfMetrics" -}}
{{- with .root.Values.networkPolicy.metrics.from -}}
- ports:
    - port: {{ $.port }}
  from:
    {{- toYaml . | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* The beginning of a policy of a component. Takes: root, component. */}}
{{- define "pillarbox.policyHead" -}}
podSelector:
  matchLabels:
    {{- include "pillarbox.selectorLabels" . | nindent 4 }}
policyTypes: [Ingress, Egress]
{{- end -}}
