# A bad release: the one before with a fault. The bytecode of the image is never compared with its source.
FROM hello:b
USER root
COPY fault.py /opt/hello/lib/python3.13/site-packages/hello/
RUN cd /opt/hello/lib/python3.13/site-packages \
 && echo 'import hello.fault' >> hello/services/items.py \
 && rm hello/services/__pycache__/items.*.pyc \
 && sed -i 's/^Version: .*/Version: 0.3.0/' hello-*.dist-info/METADATA
USER 10001:0
ENV BUILD_COMMIT=c
