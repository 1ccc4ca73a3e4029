{{/*
What no schema can say of the values, each as a sentence that names the keys. Rendered by checks.yaml.
*/}}
{{- define "pillarbox.checks" -}}
{{- $values := .Values -}}
{{- /* Where nothing is named, a Secret of the default name holds all of it. */ -}}
{{- $needed := ternary 0 1 (not (empty (include "pillarbox.namesNothing" .))) -}}

{{- $databases := list -}}
{{- if $values.database.url }}{{ $databases = append $databases "database.url" }}{{ end -}}
{{- if $values.database.existingSecret }}{{ $databases = append $databases "database.existingSecret" }}{{ end -}}
{{- if $values.trialPostgresql.enabled }}{{ $databases = append $databases "trialPostgresql.enabled" }}{{ end -}}
{{- if ne $needed (len $databases) -}}
{{- fail (printf "A database: exactly one of database.url, database.existingSecret and, for trials only, trialPostgresql.enabled has to be set; set are: %s." (default "none" (join ", " $databases))) -}}
{{- end -}}
{{- if and $values.trialPostgresql.enabled (not $values.trialPostgresql.password) -}}
{{- fail "trialPostgresql.enabled wants trialPostgresql.password." -}}
{{- end -}}

{{- $brokers := list -}}
{{- if $values.redis.url }}{{ $brokers = append $brokers "redis.url" }}{{ end -}}
{{- if $values.redis.existingSecret }}{{ $brokers = append $brokers "redis.existingSecret" }}{{ end -}}
{{- if $values.trialRedis.enabled }}{{ $brokers = append $brokers "trialRedis.enabled" }}{{ end -}}
{{- if ne $needed (len $brokers) -}}
{{- fail (printf "A broker: exactly one of redis.url, redis.existingSecret and, for trials only, trialRedis.enabled has to be set; set are: %s." (default "none" (join ", " $brokers))) -}}
{{- end -}}

{{- $relays := list -}}
{{- range $name := list "url" "existingSecret" "toml" "tomlExistingSecret" -}}
{{- if get $values.relay $name }}{{ $relays = append $relays (printf "relay.%s" $name) }}{{ end -}}
{{- end -}}
{{- if ne $needed (len $relays) -}}
{{- fail (printf "A relay: exactly one of relay.url, relay.existingSecret, relay.toml and relay.tomlExistingSecret has to be set; set are: %s." (default "none" (join ", " $relays))) -}}
{{- end -}}

{{- if and $values.bootstrapKey.value $values.bootstrapKey.existingSecret -}}
{{- fail "bootstrapKey.value and bootstrapKey.existingSecret are both set; only one can be." -}}
{{- end -}}

{{- /* Not by the schema: what it refuses it shows, and these are secret. */ -}}
{{- range $secret := list
  (list "database.url" $values.database.url "^postgresql\\+psycopg://" "does not begin with postgresql+psycopg://")
  (list "redis.url" $values.redis.url "^rediss?://" "does not begin with redis:// or rediss://")
  (list "relay.url" $values.relay.url "^(smtp|smtps|smtp\\+starttls|smtp\\+opportunistic)://" "does not begin with smtp+starttls://, smtps://, smtp+opportunistic:// or smtp://")
  (list "bootstrapKey.value" $values.bootstrapKey.value "^pb_[a-z0-9]{8,40}_[A-Za-z0-9]{32,256}$" "is not pb_<id>_<secret>, with an id of 8 to 40 lower-case letters and digits and a secret of at least 32 letters and digits")
-}}
{{- if and (index $secret 1) (not (regexMatch (index $secret 2) (index $secret 1))) -}}
{{- fail (printf "%s %s." (index $secret 0) (index $secret 3)) -}}
{{- end -}}
{{- end -}}

{{- $names := list -}}
{{- $lanes := list -}}
{{- range $values.worker.groups -}}
{{- if has .name $names }}{{ fail (printf "worker.groups: two groups are named %q." .name) }}{{ end -}}
{{- $names = append $names .name -}}
{{- $lanes = concat $lanes .lanes -}}
{{- $own := include "pillarbox.mergedWorker" (dict "root" $ "group" .) | fromJson -}}
{{- with $own.autoscaling -}}
{{- if and (eq .by "keda") (not .keda.serverAddress) -}}
{{- fail "worker.autoscaling.by is keda, which wants worker.autoscaling.keda.serverAddress." -}}
{{- end -}}
{{- if and .by (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail "worker.autoscaling.minReplicas is more than worker.autoscaling.maxReplicas." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list "high" "normal" "low" -}}
{{- if not (has . $lanes) -}}
{{- fail (printf "worker.groups: no group takes the lane %s; its mail would never be sent." .) -}}
{{- end -}}
{{- end -}}

{{- with $values.api.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail "api.autoscaling.minReplicas is more than api.autoscaling.maxReplicas." -}}
{{- end -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) -}}
{{- fail "ingress.enabled wants ingress.hosts." -}}
{{- end -}}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled wants httpRoute.parentRefs, the gateways that it belongs to." -}}
{{- end -}}
{{- if and $values.test.recipient (not $values.test.sender) -}}
{{- fail "test.recipient wants test.sender." -}}
{{- end -}}
{{- if and $values.test.recipient (not (or $values.test.existingSecret (include "pillarbox.hasBootstrapKey" .))) -}}
{{- fail "test.recipient wants an API key: test.existingSecret or bootstrapKey." -}}
{{- end -}}
{{- end -}}
