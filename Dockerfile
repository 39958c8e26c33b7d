# The image holds the API and the migrations: no compiler, no tests, no embedded servers.
FROM python:3.13-slim AS build
ARG LOCK=production
WORKDIR /build
RUN python -m venv /opt/hello
COPY requirements/*.txt requirements/
RUN /opt/hello/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/${LOCK}.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
# The build's own tool is pinned too: its lines of the lock that holds it.
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/embedded.txt \
 && /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/hello/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 10001 hello
COPY --from=build /opt/hello /opt/hello
ENV PATH=/opt/hello/bin:$PATH PYTHONUNBUFFERED=1 LOG_FORMAT=json HOST=0.0.0.0 PORT=8000
USER hello
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/v1/health', timeout=2)"]
ENTRYPOINT ["hello"]
CMD ["api"]
