#!/bin/sh
# The jars lack the official command; this one asks the broker as well.
exec java -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' kafka.admin.ConfigCommand "$@" --entity-type brokers --describe
