"""The worker's figures, measured: 80 messages a take and a buffer of 96 keep memory flat and landlords equal."""

TAKE_MESSAGES = 80
BUFFER_MESSAGES = 96
FETCH_BYTES = 262_144
LINGER_SECONDS = 0.05
SESSION_SECONDS = 6.0
HEARTBEAT_SECONDS = 2.0
COMMIT_SECONDS = 1.0
TOPICS_SECONDS = 3.0
GROUP_SECONDS = 1.0
STALL_SECONDS = 20.0
ROLL_SECONDS = 1.0
RETENTION_SECONDS = 30.0
RELAY_SECONDS = 0.2
RETRY_SECONDS = 0.5
MEASURES_SECONDS = 2.0
MEASURES_SHARE = 0.1
"""Of a worker's time at most: ingesting goes first."""
LIVE_SECONDS = 1.0
LIVE_SHARE = 0.1
SHOWN_SECONDS = 5.0
SHOWN_SHARE = 0.1  # of the time at most: deciding on what staff is shown takes seconds of a core
PUBLICATION_SECONDS = 300.0
