{{/*
How long a pod may take to end. The kubelet counts preStop and what follows SIGTERM together, and
kills what is left: so each sum is more than all that the process itself waits for.
*/}}

{{/* The API answers what it has taken for 30 s at most; a connection that ends lingers for two. */}}
{{- define "pillarbox.apiGrace" -}}
{{- add .preStopSeconds 30 10 -}}
{{- end -}}

{{/*
The longest time that any relay has for its verdict on a message: of a worker that does not wait for it,
the message is uncertain. Takes: root, own (the worker's values).
*/}}
{{- define "pillarbox.endOfData" -}}
{{- $name := "PILLARBOX_SMTP_TIMEOUT_END_OF_DATA" -}}
{{- $config := mergeOverwrite (deepCopy .root.Values.config) (deepCopy .own.config) -}}
{{- $longest := 600.0 -}}
{{- if hasKey $config $name }}{{- $longest = get $config $name | float64 -}}{{- end -}}
{{- range regexFindAll "(?m)^\\s*end_of_data\\s*=\\s*[0-9.]+" .root.Values.relay.toml -1 -}}
{{- $longest = maxf $longest (regexReplaceAll ".*=\\s*" . "" | float64) -}}
{{- end -}}
{{- ceil $longest | int64 -}}
{{- end -}}

{{/* A worker waits for a verdict, then ten seconds at most for the store, and says QUIT. */}}
{{- define "pillarbox.workerGrace" -}}
{{- add .own.preStopSeconds (include "pillarbox.endOfData" . | int64) 60 -}}
{{- end -}}
