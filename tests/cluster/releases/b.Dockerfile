# A release with one more migration: only this and the version differ from the tree.
FROM hello:a
USER root
COPY colours.py /tmp/
RUN cd /opt/hello/lib/python3.13/site-packages \
 && head=$(ls hello/migrations/versions | grep -o '^[0-9]*' | sort | tail -n 1) \
 && next=$(printf '%04d' $(expr "$head" + 1)) \
 && sed "s/HEAD/$head/; s/NEXT/$next/" /tmp/colours.py > "hello/migrations/versions/${next}_colours.py" \
 && sed -i 's/^Version: .*/Version: 0.2.0/' hello-*.dist-info/METADATA
USER 10001:0
ENV BUILD_COMMIT=b
