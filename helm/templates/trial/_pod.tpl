{{/* The head of a trial server's pod: as restricted as ours, as its image's own user. Takes: root, uid. */}}
{{- define "pillarbox.trialPodHead" -}}
{{- $user := dict "runAsUser" (int64 .uid) "runAsGroup" (int64 .uid) "fsGroup" (int64 .uid) -}}
serviceAccountName: {{ include "pillarbox.serviceAccountName" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml (merge $user .root.Values.podSecurityContext) | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
