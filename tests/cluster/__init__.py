"""A kubelet's part of Kubernetes, small: what the chart's manifests say is run as they say it."""
