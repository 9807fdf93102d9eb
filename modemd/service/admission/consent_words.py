"""STOP and START, as people write them by SMS in Dutch, French, German and English.

A message means one of them if it is nothing but that word, whatever its case, accents and punctuation, with
or without "SMS" and a please.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from modemd.config.consent import ConsentWordsConfig

STOP: Final = (
    "stop", "stop all", "stopall", "unsubscribe", "opt out", "optout", "quit",
    "stoppen", "stop alles", "uitschrijven", "schrijf me uit", "afmelden", "meld me af", "opzeggen",
    "arrêt", "arrêter", "arrêtez", "stopper", "désabonner", "désabonnement", "me désabonner",
    "désinscrire", "désinscription", "me désinscrire", "résilier",
    "stopp", "stoppe", "stoppen", "abmelden", "abbestellen", "austragen", "kündigen",
)  # fmt: skip
"""Ends consent. Words that also cancel an appointment ("cancel", "annuleren", "end") are not among them."""

START: Final = (
    "start", "unstop", "subscribe", "opt in", "optin",
    "starten", "inschrijven", "schrijf me in", "aanmelden", "meld me aan",
    "démarrer", "reprendre", "abonner", "m'abonner", "inscrire", "m'inscrire", "inscription",
    "starte", "anmelden", "eintragen",
)  # fmt: skip
"""Gives it, or gives it back."""

_BESIDE: Final = frozenset({
    "sms", "please", "pls", "thanks", "aub", "alstublieft", "graag", "bedankt", "svp", "merci", "bitte",
    "danke",
})  # fmt: skip
_NO_LETTER: Final = re.compile(r"[\W_]+")
_LONGEST: Final = 64
_PLEASE: Final = ("s il vous plait", "s il te plait")

Word = Literal["stop", "start"]


def folded(text: str) -> str:
    """Return a text in plain small letters with single spaces: no accents, no punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _NO_LETTER.sub(" ", bare).strip()


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """The words of a gateway: the built-in ones, and those of its configuration."""

    stop: frozenset[str]
    start: frozenset[str]

    @classmethod
    def of(cls, config: ConsentWordsConfig | None = None) -> ConsentWords:
        """Take the configuration's words beside the built-in ones; what it says wins over these."""
        more_stop = frozenset(map(folded, config.stop if config else ()))
        more_start = frozenset(map(folded, config.start if config else ()))
        return cls(
            (frozenset(map(folded, STOP)) - more_start) | more_stop,
            (frozenset(map(folded, START)) - more_stop) | more_start,
        )

    def meant(self, text: str | None) -> Word | None:
        """Return which word a text is; ``None``: it is neither, and says something else."""
        if text is None or len(text) > _LONGEST:
            return None
        said = folded(text)
        for please in _PLEASE:
            said = said.removesuffix(please).strip()
        bare = " ".join(word for word in said.split() if word not in _BESIDE)
        for word in (said, bare):
            if word in self.stop:
                return "stop"
            if word in self.start:
                return "start"
        return None
