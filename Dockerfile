# One image for the web, the worker, beat and the migration job; the command decides.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements-runtime.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes \
    --requirement requirements-runtime.lock

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONTZPATH="" \
    STATIC_ROOT=/app/static DJANGO_SETTINGS_MODULE=config.settings.base
RUN useradd --system --create-home stepdown
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY accounts accounts
COPY tracker tracker
COPY reminders reminders
COPY config config
RUN python -m config.translations
RUN SECRET_KEY=build-only DATABASE_URL=postgresql://nobody@127.0.0.1/none \
    REDIS_URL=redis://127.0.0.1:1/0 python manage.py collectstatic --no-input --verbosity 0
USER stepdown
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--max-requests", "2000", "--max-requests-jitter", "200", \
     "--graceful-timeout", "30", "--preload", "--no-control-socket"]
