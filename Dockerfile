# The service and the worker in one image. Nothing secret goes into it: configuration comes from the
# environment, secrets from files (KITH_…_FILE), data lies on a volume.
#
# Every Python package is installed with its hash from requirements.lock. The base image is pinned by
# its tag; to pin its content too, put `@sha256:…` behind it (docs/deployment.md says how).
# `deploy/check_dockerfile.py` carries these steps out without a Docker engine.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/kith
COPY requirements.lock ./
RUN /opt/kith/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
COPY migrations ./migrations
RUN /opt/kith/bin/python -m pip install --quiet --no-deps --no-build-isolation . && /opt/kith/bin/python -m pip check
# What only builds has no business in a running service.
RUN /opt/kith/bin/python -m pip uninstall --quiet --yes hatchling pip

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 kith \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kith \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/kith /var/lib/kith-keys
COPY --from=build /opt/kith /opt/kith
ENV PATH=/opt/kith/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    KITH_DATA_DIR=/var/lib/kith KITH_HOST=0.0.0.0 KITH_PORT=8000
USER 10001:10001
WORKDIR /var/lib/kith
VOLUME ["/var/lib/kith", "/var/lib/kith-keys"]
EXPOSE 8000
# Alive, not ready: a sealed server still takes texts in, and must not be restarted for that.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/healthz' % os.environ['KITH_PORT'], timeout=4)"]
ENTRYPOINT ["kith"]
CMD ["serve"]
