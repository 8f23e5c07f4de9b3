# Orrery in a container: `docker compose up`, or
#   docker build --build-arg TORCH_INDEX=<an index with CPU builds of torch> -t orrery .
#   docker run -p 127.0.0.1:8000:8000 -e ORRERY_TOKEN=<a long secret> -v orrery:/data --read-only --tmpfs /tmp orrery

FROM python:3.11-slim AS build
# Without it pip takes torch's default build, which brings gigabytes of CUDA along.
ARG TORCH_INDEX=""
RUN python -m venv /venv
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY server server
COPY frontend frontend
RUN /venv/bin/pip install --no-cache-dir --no-compile ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} .

FROM python:3.11-slim
# hadolint ignore=DL3008  # tini's version is the distribution's
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /data \
    && chown 10001:10001 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 ORRERY_HOST=0.0.0.0 ORRERY_PORT=8000 ORRERY_HOME=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["orrery", "serve"]
