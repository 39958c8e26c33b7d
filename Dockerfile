# syntax=docker/dockerfile:1
# The product is the last stage; `wheel` and `build` make it, and `test` runs the external tests.
# Tag and digest change together: the digest decides, the tag is for people.
ARG BASE_IMAGE=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
FROM ${BASE_IMAGE} AS wheel
WORKDIR /build
RUN python -m venv /opt/build
COPY requirements/embedded.txt requirements/
# The build's own tool is pinned too: its lines of the lock that holds it.
RUN /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/embedded.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

# Files get the time of the commit, and bytecode is checked against nothing, so that two builds are the same.
FROM ${BASE_IMAGE} AS build
ARG LOCK=production
WORKDIR /build
RUN python -m venv /opt/build && python -m venv --without-pip /opt/hello
COPY requirements/${LOCK}.txt requirements/
RUN /opt/build/bin/pip --python /opt/hello/bin/python install --no-cache-dir --no-compile --no-deps --require-hashes \
    -r requirements/${LOCK}.txt
COPY --from=wheel /build/dist dist
ARG SOURCE_DATE_EPOCH=315532800
RUN /opt/build/bin/pip --python /opt/hello/bin/python install --no-cache-dir --no-compile --no-deps dist/*.whl \
 && PYTHONHASHSEED=0 /opt/hello/bin/python -m compileall -q -f --invalidation-mode unchecked-hash /opt/hello/lib \
 && find /opt/hello -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

# Not part of the product: `docker compose run --rm test`, and the service under coverage.
FROM ${BASE_IMAGE} AS test
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

# The API, the worker and the migrations: no compiler, no pip, no tests, no embedded servers.
FROM ${BASE_IMAGE}
COPY --from=build /opt/hello /opt/hello
ARG BUILD_COMMIT=""
ARG VERSION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="Hello" \
      org.opencontainers.image.description="Knows whose birthday it is, says hello, and lets you send a gift." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$BUILD_COMMIT \
      org.opencontainers.image.created=$CREATED
ENV PATH=/opt/hello/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LOG_FORMAT=json HOST=0.0.0.0 WORKER_HOST=0.0.0.0 BUILD_COMMIT=$BUILD_COMMIT
# A number, so that an orchestrator can see that it is not root. No file needs this user: any other may run it.
USER 10001:0
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["python", "-m", "hello.entrypoints.liveness"]
ENTRYPOINT ["hello"]
CMD ["api"]
