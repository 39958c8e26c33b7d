# A bad release: the one before with a fault.
FROM hello:b
USER root
COPY fault.py /opt/hello/lib/python3.13/site-packages/hello/
RUN cd /opt/hello/lib/python3.13/site-packages \
 && echo 'import hello.fault' >> hello/services/items.py \
 && sed -i 's/^Version: .*/Version: 0.3.0/' hello-*.dist-info/METADATA
USER 10001:0
ENV BUILD_COMMIT=c
