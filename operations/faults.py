"""What an operator can mend, told in one message."""

import errno

import psycopg
from kafka.errors import KafkaError

from consumers.errors import ConsumerError
from operations.landlords import EnrolmentError
from operations.migrate import MigrationError
from operations.services.errors import ServiceError
from producers.machine_faults import explain_machine_fault
from runtime.settings import SettingsError

MACHINE_FAULTS = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT)


def explain_fault(error: Exception) -> str | None:
    """Return what to tell the operator, None for a bug, which needs its trace."""
    first = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, (ServiceError, SettingsError, MigrationError, EnrolmentError, ConsumerError)):
        return str(error)
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return f"le schéma de la base n'est pas à jour ({first}). Essayez `quartiers migrate`."
    if isinstance(error, psycopg.OperationalError) and "password authentication failed" in str(error):
        return f"la base refuse le mot de passe de secrets.json ({first}). Essayez `quartiers up`, qui le lui redonne."
    if isinstance(error, psycopg.OperationalError):
        return f"la base ne répond pas ({first}). Essayez `quartiers status`, puis `quartiers up`."
    if isinstance(error, KafkaError):
        return f"Kafka ne répond pas ({first}). Essayez `quartiers status`, puis `quartiers up`."
    if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
        return f"{explain_machine_fault(error)} Sur le serveur, `quartiers doctor` en dit plus."
    return None
