"""The one way to reach Kafka: client options, topics, and who may do what.

A consumer cannot see which principal wrote a record. So each landlord has a topic that it alone may write,
and the worker checks that an event's `source` is the topic's landlord.
"""

from collections.abc import Iterable
from typing import Any

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    MemberToRemove,
    NewTopic,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from runtime.connection import Connection
from runtime.settings import Settings
from runtime.topics import (
    ALERTS,
    MAX_MESSAGE_BYTES,
    MOVES,
    RECEIPTS,
    SENTINEL,
    landlord_principal,
    moves_topic,
    receipts_topic,
    sandbox_topic,
)

GROUP = "quartiers-ingest"
WORKER = "worker"
RETENTION_MS = 30 * 24 * 3600 * 1000


def client_options(settings: Settings, principal: str) -> dict[str, Any]:
    """Return kafka-python's connection options for a principal."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": principal,
        "sasl_plain_password": settings.password(principal),
        "client_id": f"quartiers-{principal}",
    }


def landlord_connection(settings: Settings, siren: str) -> Connection:
    """Return the access of a landlord of this instance, as its connection file says it."""
    return Connection(siren, settings.kafka_bootstrap, settings.password(landlord_principal(siren)))


def admin(settings: Settings) -> KafkaAdminClient:
    """Return an administration client; close it after use."""
    return KafkaAdminClient(**client_options(settings, "admin"))


def ensure_topics(client: KafkaAdminClient, names: Iterable[str], *, replay: bool = False) -> None:
    """Create the missing topics: one partition, 30 days, time of arrival as record time.

    `replay` is for a history that is played again (demo, benchmark): the producer's time is kept as the
    record time, and nothing expires, because retention would delete a history older than 30 days at once.
    """
    stamp = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": "9223372036854775807"}
    config = {
        "retention.ms": "-1" if replay else str(RETENTION_MS),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        **(stamp if replay else {"message.timestamp.type": "LogAppendTime"}),
    }
    missing = sorted(set(names) - set(client.list_topics()))
    if missing:
        topics = [NewTopic(name, num_partitions=1, replication_factor=1, topic_configs=config) for name in missing]
        client.create_topics(topics)


def ensure_principals(client: KafkaAdminClient, passwords: dict[str, str]) -> None:
    """Create or renew the SCRAM credentials of these users."""
    if passwords:
        client.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, "SCRAM-SHA-256", word) for user, word in passwords.items()]
        )


def _allow(principal: str, operation: ACLOperation, kind: ResourceType, name: str, *, prefix: bool = False) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if prefix else ACLResourcePatternType.LITERAL
    resource = ResourcePattern(kind, name, pattern)
    return ACL(f"User:{principal}", "*", operation, ACLPermissionType.ALLOW, resource)


def landlord_acls(siren: str) -> list[ACL]:
    """Return what a landlord may do: write its moves and its sandbox, read its receipts, nothing else."""
    user = landlord_principal(siren)
    return [
        _allow(user, ACLOperation.WRITE, ResourceType.TOPIC, moves_topic(siren)),
        _allow(user, ACLOperation.DESCRIBE, ResourceType.TOPIC, moves_topic(siren)),
        _allow(user, ACLOperation.WRITE, ResourceType.TOPIC, sandbox_topic(siren)),
        _allow(user, ACLOperation.DESCRIBE, ResourceType.TOPIC, sandbox_topic(siren)),
        _allow(user, ACLOperation.READ, ResourceType.TOPIC, receipts_topic(siren)),
        _allow(user, ACLOperation.READ, ResourceType.GROUP, user, prefix=True),
    ]


def worker_acls() -> list[ACL]:
    """Return what the worker may do: read every landlord's moves, write receipts and alerts."""
    return [
        _allow(WORKER, ACLOperation.READ, ResourceType.TOPIC, MOVES, prefix=True),
        _allow(WORKER, ACLOperation.READ, ResourceType.GROUP, GROUP, prefix=True),
        _allow(WORKER, ACLOperation.WRITE, ResourceType.TOPIC, RECEIPTS, prefix=True),
        _allow(WORKER, ACLOperation.WRITE, ResourceType.TOPIC, ALERTS),
    ]


def enrol_landlords(settings: Settings, sirens: Iterable[str], *, replay: bool = False) -> None:
    """Give each landlord its user, its three topics and its rights; the worker takes them up by itself."""
    wanted = sorted(set(sirens))
    client = admin(settings)
    try:
        users = {landlord_principal(siren): settings.password(landlord_principal(siren)) for siren in wanted}
        ensure_principals(client, users)
        client.create_acls([acl for siren in wanted for acl in landlord_acls(siren)])
        ensure_topics(client, map(receipts_topic, wanted))
        ensure_topics(client, map(sandbox_topic, wanted))
        ensure_topics(client, map(moves_topic, wanted), replay=replay)
    finally:
        client.close()


def enrol_worker(settings: Settings) -> None:
    """Give the worker its user, its rights, and the topics that exist before any landlord."""
    client = admin(settings)
    try:
        ensure_principals(client, {WORKER: settings.password(WORKER)})
        client.create_acls(worker_acls())
        ensure_topics(client, [SENTINEL, ALERTS])
    finally:
        client.close()


def leave_group(settings: Settings, member: str) -> None:
    """Put a static member out of the workers' group: what it was assigned is forgotten. Raises KafkaError."""
    client = KafkaAdminClient(**client_options(settings, WORKER))
    try:
        client.remove_group_members(GROUP, [MemberToRemove(group_instance_id=member)])
    finally:
        client.close()
