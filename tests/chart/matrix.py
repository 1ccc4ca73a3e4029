"""The values that the chart is rendered with: each way to install it that differs from another."""

from typing import Any

DATABASE = {"url": "postgresql+psycopg://pillarbox:secret@db.test:6432/pillarbox"}
REDIS = {"url": "rediss://:secret@redis.test:6380/0"}
RELAY = {"url": "smtp+starttls://mailer:secret@relay.test:2587"}
KEY = "pb_operator1_0123456789abcdefghijABCDEFGHIJ0123456789"

EXTERNAL: dict[str, Any] = {"database": DATABASE, "redis": REDIS, "relay": RELAY}

SECRETS: dict[str, Any] = {
    "database": {"existingSecret": "mail-database", "existingSecretKey": "uri"},
    "redis": {"existingSecret": "mail-broker"},
    "relay": {"existingSecret": "mail-relay"},
    "bootstrapKey": {"existingSecret": "mail-key"},
}

RELAYS_TOML = """
[[relay]]
name = "ses"
url = "smtp+starttls://user:${SES_PASSWORD}@ses.test:587"

[[relay]]
name = "own"
url = "smtps://mailer@own.test:4465"
password_file = "own.password"
ca_file = "own-ca.pem"

[relay.timeouts]
end_of_data = 900.5
"""

SEVERAL_RELAYS: dict[str, Any] = {
    "database": DATABASE,
    "redis": REDIS,
    "relay": {
        "toml": RELAYS_TOML,
        "files": {"own.password": "hidden"},
        "filesExistingSecrets": ["own-certificates"],
    },
    "worker": {
        "extraEnv": [
            {
                "name": "SES_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": "ses", "key": "password"}},
            }
        ]
    },
}

LANES: dict[str, Any] = EXTERNAL | {
    "worker": {
        "groups": [
            {"name": "urgent", "lanes": ["high"], "replicas": 3},
            {
                "name": "bulk",
                "lanes": ["normal", "low"],
                "config": {"PILLARBOX_WORKER_THREADS": 24},
                "resources": {"limits": {"memory": "2Gi"}},
            },
        ]
    }
}

EVERYTHING: dict[str, Any] = {
    "commonLabels": {"team": "mail"},
    "image": {"repository": "registry.test/mail/pillarbox", "digest": "sha256:" + "a" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "database": DATABASE,
    "redis": REDIS,
    "relay": {"url": "smtps://mailer@relay.test", "files": {"password": "hidden"}},
    "bootstrapKey": {"value": KEY},
    "config": {
        "PILLARBOX_RELAY_PASSWORD_FILE": "/etc/pillarbox/relay/password",
        "PILLARBOX_PUBLIC_URL": "https://mail.test",
        "PILLARBOX_MAX_REQUEST_BYTES": 25_000_000,
        "PILLARBOX_SWEEP": 0.5,
        "PILLARBOX_LOG_ADDRESSES": True,
    },
    "pod": {
        "extraEnv": [{"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel.test:4318"}],
        "extraVolumes": [{"name": "cas", "configMap": {"name": "cas"}}],
        "extraVolumeMounts": [{"name": "cas", "mountPath": "/etc/cas", "readOnly": True}],
        "podLabels": {"cost": "mail"},
        "podAnnotations": {"note": "of every pod"},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "mail", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
    },
    "api": {"autoscaling": {"enabled": True}, "priorityClassName": "higher"},
    "scheduler": {"replicas": 2, "config": {"PILLARBOX_LOG_LEVEL": "debug"}},
    "service": {"type": "NodePort", "port": 8080, "nodePort": 30025},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "50m"},
        "hosts": [{"host": "mail.test", "paths": [{"path": "/", "pathType": "Prefix"}]}],
        "tls": [{"secretName": "mail-tls", "hosts": ["mail.test"]}],
    },
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
        "hostnames": ["mail.test"],
        "timeouts": {"request": "60s"},
        "filters": [
            {
                "type": "RequestHeaderModifier",
                "requestHeaderModifier": {"set": [{"name": "X-Via", "value": "gateway"}]},
            }
        ],
    },
    "networkPolicy": {
        "api": {
            "from": [{"namespaceSelector": {"matchLabels": {"app.kubernetes.io/name": "ingress"}}}]
        },
        "database": {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]},
        "extraEgress": [{"ports": [{"port": 4318}]}],
    },
    "monitoring": {
        "enabled": True,
        "labels": {"release": "prometheus"},
        "relabelings": [{"action": "labeldrop", "regex": "pod"}],
        "metricRelabelings": [{"action": "labeldrop", "regex": "pod"}],
    },
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Mail"}},
    "test": {"recipient": "you@example.com", "sender": "me@example.com"},
}

MINIMAL: dict[str, Any] = EXTERNAL | {
    "serviceAccount": {"create": False},
    "networkPolicy": {"enabled": False},
    "migration": {"enabled": False},
    "api": {"replicas": 1, "preStopSeconds": 0, "podDisruptionBudget": {"enabled": False}},
    "worker": {"replicas": 1, "podDisruptionBudget": {"enabled": False}},
    "scheduler": {"podDisruptionBudget": {"enabled": False}},
}

_GROUPS: list[dict[str, Any]] = [
    {"name": "urgent", "lanes": ["high"], "autoscaling": {"targetSeconds": 2.5, "maxReplicas": 4}},
    {"name": "bulk", "lanes": ["normal", "low"]},
]

KEDA: dict[str, Any] = EXTERNAL | {
    "worker": {
        "groups": _GROUPS,
        "autoscaling": {
            "by": "keda",
            "keda": {"serverAddress": "http://prometheus.test:9090", "authenticationRef": "prom"},
        },
    }
}

HPA: dict[str, Any] = EXTERNAL | {
    "worker": {
        "groups": _GROUPS,
        "autoscaling": {"by": "hpa", "hpa": {"metricLabels": {"namespace": "mail"}}},
    }
}

TRIAL: dict[str, Any] = {
    "trialPostgresql": {"enabled": True, "password": "p@ss word/%", "storageClassName": "fast"},
    "trialRedis": {"enabled": True},
    "relay": RELAY,
    "bootstrapKey": {"value": KEY},
}

MATRIX: dict[str, dict[str, Any]] = {
    "default": {},
    "external": EXTERNAL,
    "secrets": SECRETS,
    "several relays": SEVERAL_RELAYS,
    "lanes": LANES,
    "everything": EVERYTHING,
    "minimal": MINIMAL,
    "keda": KEDA,
    "hpa": HPA,
    "trial": TRIAL,
}
