"""The values that the chart is rendered with: each way to install it that differs from another."""

from typing import Any

DATABASE = {"url": "postgresql+psycopg://pillarbox:secret@db.test:6432/pillarbox"}
REDIS = {"url": "rediss://:secret@redis.test:6380/0"}
RELAY = {"url": "smtp+starttls://mailer@relay.test:2587"}
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

MATRIX: dict[str, dict[str, Any]] = {
    "external": EXTERNAL,
    "secrets": SECRETS,
    "several relays": SEVERAL_RELAYS,
    "lanes": LANES,
}
