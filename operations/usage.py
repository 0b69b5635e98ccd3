"""What was typed wrong, said in French: Typer speaks English only.

Invariant: a sentence that is not known here is passed on as it is, never lost.
"""

import re

from typer import rich_utils
from typer.exceptions import TyperException

_DAY_FR = {"%Y": "AAAA", "%m": "MM", "%d": "JJ", "%H": "hh", "%M": "mm", "%S": "ss"}

_SENTENCES = [
    (
        r"No such command '(.+)'\. Did you mean '([^']+)', '([^']+)'.*\?",
        r"la commande « \1 » n'existe pas ; vouliez-vous dire « \2 » ou « \3 » ?",
    ),
    (
        r"No such command '(.+)'\. Did you mean '(.+)'\?",
        r"la commande « \1 » n'existe pas ; vouliez-vous dire « \2 » ?",
    ),
    (r"No such command '(.+)'\.", r"la commande « \1 » n'existe pas."),
    (r"No such option: (\S+) \(Possible options: (.+)\)", r"l'option \1 n'existe pas ; les plus proches : \2."),
    (r"No such option: (\S+)", r"l'option \1 n'existe pas."),
    (r"Missing argument '(.+)'\.", r"il manque « \1 »."),
    (r"Missing option '(.+)'\.", r"il manque l'option \1."),
    (r"Option '(.+)' requires an argument\.", r"l'option \1 attend une valeur."),
    (
        r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)",
        r"en trop : \1. Un nom qui a des espaces va entre guillemets.",
    ),
    (r"Invalid value for '?(.+?)'?: (.+)", r"\1 : \2"),
    (r"Invalid value: (.+)", r"\1"),
]
_REASONS = [
    (r"Value error, '(.*)' does not match the formats? '(.+?)'.*\.", r"« \1 » n'est pas une date : écrivez-la \2."),
    (r"Value error, '(.*)' is not one of (.+)\.", r"« \1 » n'en est pas ; au choix : \2."),
    (r"Input should be a valid (?:integer|number).*", "un nombre est attendu."),
    (r"Input should be greater than or equal to (\S+)", r"au moins \1."),
    (r"Input should be less than or equal to (\S+)", r"au plus \1."),
    (r"Input should be (.+)", r"attendu \1."),
]


def speak_french() -> None:
    """Give the help's own titles in French."""
    rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
    rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
    rich_utils.DEFAULT_STRING = "[par défaut : {}]"


def explain_usage(error: TyperException) -> str | None:
    """Return what is wrong of the command line and where help is, None where the help was shown instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return None
    context = getattr(error, "ctx", None)
    return f"{in_french(error.format_message())} Voyez `{context.command_path if context else 'quartiers'} --help`."


def in_french(sentence: str) -> str:
    """Return one of Typer's sentences in French, as it is if it is not known."""
    for reasons in (_SENTENCES, _REASONS):
        for english, french in reasons:
            sentence, found = re.subn(rf"{english}$", french, sentence, flags=re.DOTALL)
            if found:
                break
    sentence = re.sub(r"%[YmdHMS]", lambda one: _DAY_FR[one[0]], sentence)
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
