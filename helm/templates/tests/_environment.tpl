{{/* Where the API is, the key to try, and a place to write. Takes: root, own. */}}
{{- define "pillarbox.testEnvironment" -}}
{{- $test := .root.Values.test -}}
env:
  - name: PILLARBOX_URL
    value: {{ include "pillarbox.serviceUrl" .root }}
  {{- if $test.existingSecret }}
  {{- include "pillarbox.secretVariable" (dict "name" "PILLARBOX_API_KEY" "secret" $test.existingSecret "key" $test.existingSecretKey) | nindent 2 }}
  {{- else if include "pillarbox.hasBootstrapKey" .root }}
  {{- include "pillarbox.bootstrapKeyVariable" (dict "root" .root "name" "PILLARBOX_API_KEY") | nindent 2 }}
  {{- end }}
  {{- with .own.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .own.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
