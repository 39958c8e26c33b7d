# A bad release: the one before with the fault of the short rehearsal. The bytecode of the image is never compared with its source.
FROM hello:b
USER root
COPY src/hello/services/people.py /opt/hello/lib/python3.13/site-packages/hello/services/
RUN cd /opt/hello/lib/python3.13/site-packages \
 && rm hello/services/__pycache__/people.*.pyc \
 && sed -i 's/^Version: .*/Version: 0.3.0/' hello-*.dist-info/METADATA
USER 10001:0
ENV BUILD_COMMIT=c
