# One image for web, worker and clock: compose.yaml says which it is. Secrets come when it runs; nothing here holds one.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/tirek
COPY requirements.lock ./
RUN python -m venv .venv && .venv/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY . .
# Any key will do here: it seals nothing, and is forgotten with this line.
RUN SECRET_KEY=only-while-the-image-is-built VAR_DIR=/tmp/build STATIC_DIR=/srv/tirek/static \
    .venv/bin/python manage.py prepare --only files \
 && .venv/bin/python -m compileall -q portal volunteers mentors events content

FROM python:3.11-slim-bookworm
# For backups: pg_dump of the same PostgreSQL as in compose.yaml.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-15 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/tirek --shell /usr/sbin/nologin tirek \
 && install -d -o tirek -g tirek -m 700 /var/lib/tirek /keys
COPY --from=build /srv/tirek /srv/tirek
WORKDIR /srv/tirek
ENV PATH=/srv/tirek/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/tirek KEYS_DIR=/keys STATIC_DIR=/srv/tirek/static
USER 10001
VOLUME ["/var/lib/tirek", "/keys"]
EXPOSE 8000
# As the proxy asks: from the outside everything is https.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["python", "-c", "import urllib.request as web; web.urlopen(web.Request('http://127.0.0.1:8000/health/ready', headers={'X-Forwarded-Proto': 'https'}), timeout=5)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "8", "--worker-class", "gthread", "--preload", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "15", "--log-level", "warning", "--no-control-socket", "portal.wsgi:application"]
