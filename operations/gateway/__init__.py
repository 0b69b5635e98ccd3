"""The HTTPS gateway: for landlords whose network lets no Kafka port out.

Thin: CloudEvents' HTTP binding on one side, the landlord's own connection to Kafka on the other. Invariant: the
gateway has no right of its own. Each request is made with the landlord's password, so Kafka's ACLs and limits decide,
and a message is put on its topic byte for byte or not at all.

No `Idempotency-Key` is needed: an event carries its identity and revision, so a message that is sent twice is a
message and its duplicate in the ledger, never two moves.
"""
