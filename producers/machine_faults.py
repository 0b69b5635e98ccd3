"""What the landlord's own machine refuses: a full disk, a folder without rights, a file that another program holds."""

import errno
import sqlite3

_REASONS_FR = {
    errno.ENOSPC: "le disque est plein. Libérez de la place",
    errno.EDQUOT: "votre espace sur le disque est plein. Libérez de la place",
    errno.EROFS: "le disque est en lecture seule. Travaillez dans un dossier où vous pouvez écrire",
    errno.EACCES: "l'accès est refusé. Fermez le fichier s'il est ouvert ailleurs (Excel), et vérifiez vos droits",
    errno.EPERM: "l'accès est refusé. Fermez le fichier s'il est ouvert ailleurs (Excel), et vérifiez vos droits",
    errno.ENOENT: "le fichier ou son dossier n'existe pas. Vérifiez le nom",
    errno.EISDIR: "c'est un dossier, un fichier est attendu. Vérifiez le nom",
    errno.ENOTDIR: "un dossier est attendu, ce n'en est pas un. Vérifiez le nom",
}
_AGAIN_FR = "puis recommencez."


def explain_machine_fault(error: Exception) -> str | None:
    """Return what to tell whoever typed the command, None for an error of another kind."""
    if isinstance(error, OSError) and error.errno in _REASONS_FR:
        where = f"{error.filename} : " if error.filename else ""
        return f"{where}{_REASONS_FR[error.errno]}, {_AGAIN_FR}"
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return f"un autre envoi est en cours depuis ce dossier. Attendez qu'il finisse, {_AGAIN_FR}"
    if isinstance(error, sqlite3.OperationalError):
        return (
            f"l'état de vos envois, state.sqlite, ne peut pas être écrit ({error}). Vérifiez la place sur le disque et "
            f"vos droits, {_AGAIN_FR}"
        )
    if isinstance(error, sqlite3.DatabaseError):
        return (
            f"state.sqlite, l'état de vos envois, est abîmé ({error}). Remettez-en la sauvegarde, ou appelez "
            "l'observatoire avant tout nouvel envoi."
        )
    return None
