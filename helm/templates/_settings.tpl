{{/* A number of a values file as a person writes it: Helm reads 25000000 as 2.5e+07. */}}
{{- define "pillarbox.scalar" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* The settings of all, as they stand in the ConfigMap. */}}
{{- define "pillarbox.configData" -}}
PILLARBOX_HTTP_PORT: "8025"
PILLARBOX_HEALTH_PORT: "8026"
PILLARBOX_STATE_DIR: /tmp/pillarbox
{{- if not (hasKey .Values.config "PILLARBOX_PUBLIC_URL") }}
PILLARBOX_PUBLIC_URL: {{ include "pillarbox.serviceUrl" . }}
{{- end }}
{{- if include "pillarbox.hasRelaysFile" . }}
PILLARBOX_RELAYS_FILE: /etc/pillarbox/relay/relays.toml
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ include "pillarbox.scalar" $value | quote }}
{{- end }}
{{- end -}}

{{/* What is secret and stands in the values: the chart's own Secret. */}}
{{- define "pillarbox.secretData" -}}
{{- if or .Values.database.url .Values.trialPostgresql.enabled }}
database-url: {{ include "pillarbox.databaseUrl" . | quote }}
{{- end }}
{{- if .Values.trialPostgresql.enabled }}
trial-postgresql-password: {{ .Values.trialPostgresql.password | quote }}
{{- end }}
{{- if or .Values.redis.url .Values.trialRedis.enabled }}
redis-url: {{ include "pillarbox.redisUrl" . | quote }}
{{- end }}
{{- with .Values.relay.url }}
relay-url: {{ . | quote }}
{{- end }}
{{- with .Values.bootstrapKey.value }}
bootstrap-key: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "pillarbox.databaseUrl" -}}
{{- if .Values.trialPostgresql.enabled -}}
postgresql+psycopg://pillarbox:{{ .Values.trialPostgresql.password | urlquery | replace "+" "%20" }}@{{ include "pillarbox.fullname" . }}-trial-postgresql:5432/pillarbox
{{- else -}}
{{ .Values.database.url }}
{{- end -}}
{{- end -}}

{{- define "pillarbox.redisUrl" -}}
{{- if .Values.trialRedis.enabled -}}
redis://{{ include "pillarbox.fullname" . }}-trial-redis:6379/0
{{- else -}}
{{ .Values.redis.url }}
{{- end -}}
{{- end -}}

{{/* A variable out of a Secret. Takes: name, secret, key. */}}
{{- define "pillarbox.secretVariable" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* Whether the values name neither database nor broker nor relay: then a Secret of yours holds all three URLs. */}}
{{- define "pillarbox.namesNothing" -}}
{{- with .Values -}}
{{- if not (or .database.url .database.existingSecret .trialPostgresql.enabled .redis.url .redis.existingSecret .trialRedis.enabled .relay.url .relay.existingSecret .relay.toml .relay.tomlExistingSecret) -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "pillarbox.defaultSecret" -}}
{{ include "pillarbox.fullname" . }}-external
{{- end -}}

{{/* The Secret of yours that holds a URL, if one does. Takes: root, of ("database", "redis" or "relay"). */}}
{{- define "pillarbox.urlSecret" -}}
{{- if include "pillarbox.namesNothing" .root -}}
{{ include "pillarbox.defaultSecret" .root }}
{{- else -}}
{{ (get .root.Values .of).existingSecret }}
{{- end -}}
{{- end -}}

{{/* PILLARBOX_DATABASE_URL. Takes: root, and own (the name of the chart's own Secret). */}}
{{- define "pillarbox.databaseVariable" -}}
{{- $database := .root.Values.database -}}
{{- $external := include "pillarbox.urlSecret" (dict "root" .root "of" "database") -}}
{{- include "pillarbox.secretVariable" (dict
  "name" "PILLARBOX_DATABASE_URL"
  "secret" (default .own $external)
  "key" (ternary $database.existingSecretKey "database-url" (not (empty $external)))) -}}
{{- end -}}

{{/* What a role needs to know that is secret, each from where it is kept. Takes: root, component. */}}
{{- define "pillarbox.secretVariables" -}}
{{- $values := .root.Values -}}
{{- $own := include "pillarbox.fullname" .root -}}
{{- $broker := include "pillarbox.urlSecret" (dict "root" .root "of" "redis") -}}
{{- $relay := include "pillarbox.urlSecret" (dict "root" .root "of" "relay") -}}
{{ include "pillarbox.databaseVariable" (dict "root" .root "own" $own) }}
{{ include "pillarbox.secretVariable" (dict
  "name" "PILLARBOX_REDIS_URL"
  "secret" (default $own $broker)
  "key" (ternary $values.redis.existingSecretKey "redis-url" (not (empty $broker)))) }}
{{- if or $values.relay.url $relay }}
{{ include "pillarbox.secretVariable" (dict
  "name" "PILLARBOX_RELAY_URL"
  "secret" (default $own $relay)
  "key" (ternary $values.relay.existingSecretKey "relay-url" (not (empty $relay)))) }}
{{- end }}
{{- if and (eq .component "api") (include "pillarbox.hasBootstrapKey" .root) }}
{{ include "pillarbox.bootstrapKeyVariable" (dict "root" .root "name" "PILLARBOX_BOOTSTRAP_KEY") }}
{{- end }}
{{- end -}}

{{- define "pillarbox.hasBootstrapKey" -}}
{{- if or .Values.bootstrapKey.value .Values.bootstrapKey.existingSecret }}true{{ end -}}
{{- end -}}

{{/* The operator's key as a variable. Takes: root, name. */}}
{{- define "pillarbox.bootstrapKeyVariable" -}}
{{- with .root.Values.bootstrapKey -}}
{{- include "pillarbox.secretVariable" (dict
  "name" $.name
  "secret" (default (include "pillarbox.fullname" $.root) .existingSecret)
  "key" (ternary .existingSecretKey "bootstrap-key" (not (empty .existingSecret)))) -}}
{{- end -}}
{{- end -}}

{{/* Settings that differ from the ConfigMap's for one component. */}}
{{- define "pillarbox.ownSettings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ include "pillarbox.scalar" $value | quote }}
{{- end }}
{{- end -}}

{{/* Whether several relays come from a file. */}}
{{- define "pillarbox.hasRelaysFile" -}}
{{- if or .Values.relay.toml .Values.relay.tomlExistingSecret }}true{{ end -}}
{{- end -}}
