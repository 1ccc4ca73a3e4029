{{/* Takes the weight. What failed stays for whoever looks for the reason, until the next try. */}}
{{- define "pillarbox.migrationHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
