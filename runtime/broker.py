"""The one way to reach Kafka: client options, topics, and who may do what.

A consumer cannot see which principal wrote a record. So each landlord has a topic that it alone may write,
and the worker checks that an event's `source` is the topic's landlord.
"""

from collections.abc import Iterable, Sequence
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
from kafka.errors import KafkaError, for_code
from kafka.protocol.admin.client_quotas import AlterClientQuotasRequest

from runtime.connection import Connection
from runtime.settings import Settings
from runtime.topics import (
    ALERTS,
    MAX_MESSAGE_BYTES,
    MOVES,
    RECEIPTS,
    SANDBOX,
    SENTINEL,
    landlord_principal,
    moves_topic,
    receipts_topic,
    sandbox_topic,
)

GROUP = "quartiers-ingest"
WORKER = "worker"
ARCHIVE_GROUP = "quartiers-archive"
ARCHIVE = "archive"
NOTIFIER = "notifier"
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
        done = client.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, "SCRAM-SHA-256", word) for user, word in passwords.items()]
        )
        if refused := {user: error for user, error in done.items() if error}:
            raise KafkaError(f"credentials refused: {refused}")


def knows_principal(client: KafkaAdminClient, user: str) -> bool:
    """Return whether a user has SCRAM credentials."""
    return bool(client.describe_user_scram_credentials([user])[user]["credential_infos"])


def limit_production(client: KafkaAdminClient, user: str, bytes_per_second: float) -> None:
    """Let the broker slow down a user that writes more: the other landlords keep their share. Raises KafkaError.

    kafka-python has the request, but no method of its client for it.
    """
    entry = ([("user", user)], [("producer_byte_rate", bytes_per_second, False)])
    answer = client._manager.run(client._manager.send, AlterClientQuotasRequest(entries=[entry], validate_only=False))
    for one in answer.entries:
        if one.error_code:
            raise for_code(one.error_code)(one.error_message)


def _allow(principal: str, operation: ACLOperation, kind: ResourceType, name: str, *, prefix: bool = False) -> ACL:
    return _rule(ACLPermissionType.ALLOW, principal, operation, kind, name, prefix=prefix)


def _rule(
    permission: ACLPermissionType,
    principal: str,
    operation: ACLOperation,
    kind: ResourceType,
    name: str,
    *,
    prefix: bool = False,
) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if prefix else ACLResourcePatternType.LITERAL
    resource = ResourcePattern(kind, name, pattern)
    return ACL(f"User:{principal}", "*", operation, permission, resource)


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


def suspension_acls(siren: str) -> list[ACL]:
    """Return what forbids a landlord to write, connections that are open included; it still reads its receipts."""
    user = landlord_principal(siren)
    return [
        _rule(ACLPermissionType.DENY, user, ACLOperation.WRITE, ResourceType.TOPIC, topic)
        for topic in (moves_topic(siren), sandbox_topic(siren))
    ]


def worker_acls() -> list[ACL]:
    """Return what the worker may do: read every landlord's moves and sandbox, write receipts and alerts."""
    return [
        _allow(WORKER, ACLOperation.READ, ResourceType.TOPIC, MOVES, prefix=True),
        _allow(WORKER, ACLOperation.READ, ResourceType.TOPIC, SANDBOX, prefix=True),
        _allow(WORKER, ACLOperation.READ, ResourceType.GROUP, GROUP, prefix=True),
        _allow(WORKER, ACLOperation.WRITE, ResourceType.TOPIC, RECEIPTS, prefix=True),
        _allow(WORKER, ACLOperation.WRITE, ResourceType.TOPIC, ALERTS),
    ]


def archive_acls() -> list[ACL]:
    """Return what the archive may do: read every landlord's moves, nothing else."""
    return [
        _allow(ARCHIVE, ACLOperation.READ, ResourceType.TOPIC, MOVES, prefix=True),
        _allow(ARCHIVE, ACLOperation.READ, ResourceType.GROUP, ARCHIVE_GROUP),
    ]


def notifier_acls() -> list[ACL]:
    """Return what the notifier may do: read alerts, nothing else."""
    return [_allow(NOTIFIER, ACLOperation.READ, ResourceType.TOPIC, ALERTS)]


def enrol_landlords(settings: Settings, sirens: Iterable[str], *, replay: bool = False) -> None:
    """Give each landlord its user, its three topics and its rights; the worker takes them up by itself."""
    wanted = sorted(set(sirens))
    client = admin(settings)
    try:
        users = {landlord_principal(siren): settings.password(landlord_principal(siren)) for siren in wanted}
        ensure_principals(client, users)
        open_topics(client, wanted, replay=replay)
    finally:
        client.close()


def open_topics(client: KafkaAdminClient, sirens: Sequence[str], *, replay: bool = False) -> None:
    """Make the landlords' topics, and give each of them its rights on its own."""
    client.create_acls([acl for siren in sirens for acl in landlord_acls(siren)])
    ensure_topics(client, map(receipts_topic, sirens))
    ensure_topics(client, map(sandbox_topic, sirens))
    ensure_topics(client, map(moves_topic, sirens), replay=replay)


def enrol_worker(settings: Settings) -> None:
    """Give the worker its user, its rights, and the topics that exist before any landlord."""
    client = admin(settings)
    try:
        ensure_principals(client, {WORKER: settings.password(WORKER)})
        client.create_acls(worker_acls())
        ensure_topics(client, [SENTINEL, ALERTS])
    finally:
        client.close()


def enrol_archive(settings: Settings) -> None:
    """Give the archive its user and its rights."""
    client = admin(settings)
    try:
        ensure_principals(client, {ARCHIVE: settings.password(ARCHIVE)})
        client.create_acls(archive_acls())
    finally:
        client.close()


def enrol_notifier(settings: Settings) -> None:
    """Give the notifier its user and its rights."""
    client = admin(settings)
    try:
        ensure_principals(client, {NOTIFIER: settings.password(NOTIFIER)})
        client.create_acls(notifier_acls())
    finally:
        client.close()


def leave_group(settings: Settings, member: str) -> None:
    """Put a static member out of the workers' group: what it was assigned is forgotten. Raises KafkaError."""
    client = KafkaAdminClient(**client_options(settings, WORKER))
    try:
        client.remove_group_members(GROUP, [MemberToRemove(group_instance_id=member)])
    finally:
        client.close()
