#!/bin/sh
# The broker of docker-compose.yml: the shared properties, this container's listeners, storage formatted at the
# first start with the administrator's SCRAM credential, then Kafka. The native runtime does the same in
# operations/services/broker_service.py. The names below have defaults for the container; a test sets others.
set -eu
umask 077
: "${KAFKA_BIN:=/opt/kafka/bin}" "${KAFKA_DATA:=/var/lib/kafka/data}"
: "${SHARED_PROPERTIES:=/etc/quartiers/broker.properties}"
: "${INSIDE_HOST:=kafka}" "${INSIDE_PORT:=9092}" "${CONTROLLER_PORT:=9093}" "${OUTSIDE_PORT:=9094}" "${TLS_PORT:=9095}"
admin=$QUARTIERS_PASSWORD_ADMIN
scram="org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"$admin\";"

keystore=$(mktemp)
printf %s "$QUARTIERS_TLS_KEYSTORE" | base64 -d > "$keystore"
properties=$(mktemp)
cat "$SHARED_PROPERTIES" - > "$properties" <<END

listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,OUTSIDE:SASL_PLAINTEXT,TLS:SASL_SSL,CONTROLLER:PLAINTEXT
listeners=CLIENT://:$INSIDE_PORT,OUTSIDE://:$OUTSIDE_PORT,TLS://:$TLS_PORT,CONTROLLER://127.0.0.1:$CONTROLLER_PORT
advertised.listeners=CLIENT://$INSIDE_HOST:$INSIDE_PORT,OUTSIDE://127.0.0.1:$QUARTIERS_KAFKA_PORT,TLS://$QUARTIERS_PUBLIC_HOST:$QUARTIERS_KAFKA_TLS_PORT
controller.quorum.voters=1@127.0.0.1:$CONTROLLER_PORT
log.dirs=$KAFKA_DATA
listener.name.client.scram-sha-256.sasl.jaas.config=$scram
listener.name.outside.scram-sha-256.sasl.jaas.config=$scram
listener.name.tls.scram-sha-256.sasl.jaas.config=$scram
listener.name.tls.ssl.keystore.location=$keystore
END

if [ ! -e "$KAFKA_DATA/meta.properties" ]; then
    cluster=$("$KAFKA_BIN/kafka-storage.sh" random-uuid | tail -n 1)
    "$KAFKA_BIN/kafka-storage.sh" format -t "$cluster" -c "$properties" \
        --add-scram "SCRAM-SHA-256=[name=admin,password=$admin]"
fi
exec "$KAFKA_BIN/kafka-server-start.sh" "$properties"
