# One image for every role: `pillarbox api`, `worker`, `scheduler`, `migrate`, `sandbox`.
# docs/image.md says what it promises; tests/image holds it.
#
# BASE is a Python 3.13 with venv and ca-certificates: python:3.13-slim, or your own.
ARG BASE=docker.io/library/python:3.13-slim

# --- wheels, each checked against its hash, and the environment made of them -----------------
# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /build
RUN python3 -m venv /build/tools
COPY requirements-image.lock ./
# A pip.conf may come as a secret (a private index); it is in no layer.
# Wheels alone: what would have to be compiled ends the build.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    tools/bin/pip wheel --no-cache-dir --disable-pip-version-check --quiet \
        --only-binary :all: --require-hashes --requirement requirements-image.lock --wheel-dir wheels \
    && tools/bin/pip install --no-cache-dir --disable-pip-version-check --quiet \
        --no-index --find-links wheels setuptools
COPY pyproject.toml README.md LICENSE ./
COPY pillarbox pillarbox
COPY service service
COPY workers workers
# Compiled once and never looked at again: on a read-only root a start could not keep it.
RUN tools/bin/pip wheel --no-cache-dir --disable-pip-version-check --quiet \
        --no-index --no-deps --no-build-isolation --wheel-dir wheels . \
    && python3 -m venv --without-pip /opt/pillarbox \
    && tools/bin/pip --python /opt/pillarbox install --no-cache-dir --disable-pip-version-check \
        --quiet --no-compile --no-index --find-links wheels 'pillarbox[postgres,otel]' \
    && /opt/pillarbox/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        /opt/pillarbox/lib \
    && chmod -R a+rX,go-w /opt/pillarbox

# --- what runs -------------------------------------------------------------------------------
# hadolint ignore=DL3006
FROM ${BASE}
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="pillarbox" \
      org.opencontainers.image.description="Send mail over HTTP through an SMTP relay, and know what became of every recipient" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 pillarbox \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin --no-log-init pillarbox
COPY --from=build /opt/pillarbox /opt/pillarbox
# The one place that is written to is /tmp: mount a tmpfs or an emptyDir there, and the root
# may be read-only. PROMETHEUS_MULTIPROC_DIR stays unset: the API makes a folder of its own in
# /tmp, and the other roles, which are one process, must have none.
ENV PATH="/opt/pillarbox/bin:${PATH}" \
    TMPDIR=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PILLARBOX_HTTP_HOST=0.0.0.0 \
    PILLARBOX_HTTP_PORT=8025 \
    PILLARBOX_HEALTH_PORT=8026 \
    PILLARBOX_LOG_FORMAT=json \
    PILLARBOX_SANDBOX_HOST=0.0.0.0 \
    PILLARBOX_STATE_DIR=/tmp/pillarbox
EXPOSE 8025 8026
USER 10001:10001
STOPSIGNAL SIGTERM
# Until a first process has handlers the kernel throws its signals away: blocked, they wait for them.
ENTRYPOINT ["env", "--block-signal=TERM", "--block-signal=INT", "pillarbox"]
CMD ["--help"]
