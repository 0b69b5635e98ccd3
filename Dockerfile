# The image of `migrate`, `worker`, `gateway`, `archive` and `notifier` in docker-compose.yml: pinned wheels with hashes, our code, not root.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes --only-binary :all: -r requirements/run.txt \
    && useradd --system --no-create-home quartiers \
    # A volume takes its owner from here.
    && install -d -m 700 -o quartiers /var/lib/quartiers/notifier \
    && install -d -m 700 -o quartiers /var/lib/quartiers/archive

COPY schemas schemas
COPY runtime runtime
COPY producers producers
COPY streams streams
COPY consumers consumers
COPY dashboards dashboards
COPY operations operations
RUN python -m compileall -q .

USER quartiers
CMD ["python", "-m", "operations", "--help"]
