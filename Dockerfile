# The product is the last stage; `wheel` and `build` make it, and `test` runs the external tests.
FROM python:3.13-slim AS wheel
WORKDIR /build
RUN python -m venv /opt/build
COPY requirements/embedded.txt requirements/
# The build's own tool is pinned too: its lines of the lock that holds it.
RUN /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/embedded.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.13-slim AS build
ARG LOCK=production
WORKDIR /build
RUN python -m venv /opt/hello
COPY requirements/${LOCK}.txt requirements/
RUN /opt/hello/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/${LOCK}.txt
COPY --from=wheel /build/dist dist
RUN /opt/hello/bin/pip install --no-cache-dir --no-deps dist/*.whl

# Not part of the product: `docker compose run --rm test`, and the service under coverage.
FROM python:3.13-slim AS test
WORKDIR /hello
RUN python -m venv /opt/test
COPY requirements/dev.txt requirements/
RUN /opt/test/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/dev.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
COPY tests tests
RUN /opt/test/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && mkdir -m 1777 /coverage
ENV PATH=/opt/test/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOG_FORMAT=json HOST=0.0.0.0 WORKER_HOST=0.0.0.0
USER 10001:0
ENTRYPOINT ["pytest", "-p", "no:cacheprovider", "-m", "external"]

# The API, the worker and the migrations: no compiler, no tests, no embedded servers.
FROM python:3.13-slim
COPY --from=build /opt/hello /opt/hello
ARG BUILD_COMMIT=""
ENV PATH=/opt/hello/bin:$PATH PYTHONUNBUFFERED=1 LOG_FORMAT=json HOST=0.0.0.0 WORKER_HOST=0.0.0.0 BUILD_COMMIT=$BUILD_COMMIT
# A number, so that an orchestrator can see that it is not root. No file needs this user: any other may run it.
USER 10001:0
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["python", "-m", "hello.entrypoints.liveness"]
ENTRYPOINT ["hello"]
CMD ["api"]
