{{/* Takes the weight. What failed stays for whoever looks for the reason, until the next try. */}}
{{- define "pillarbox.migrationHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* The database, and how to log: a migration needs no more. Takes: root, own, secret (the chart's own, where it exists by then). */}}
{{- define "pillarbox.migrationEnvironment" -}}
env:
  {{- include "pillarbox.databaseVariable" (dict "root" .root "own" .secret) | nindent 2 }}
  {{- with include "pillarbox.ownSettings" (pick .root.Values.config "PILLARBOX_LOG_LEVEL" "PILLARBOX_LOG_FORMAT" "PILLARBOX_LOG_ADDRESSES") | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .own.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
