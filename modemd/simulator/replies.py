"""What the people answer who are not simulated, once they have read a whole message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modemd.gsm.incoming import Submit

ECHO: Final = "echo"


class Replies:
    """Parts are gathered by sender, destination and concat reference until a message is whole."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, str, int], dict[int, str]] = {}

    def to(self, sender: str, submit: Submit, reply: str) -> str | None:
        """The answer to a message that is whole with this part; ``None`` to one that is not yet."""
        text = submit.text or ""
        if submit.concat is not None:
            key = (sender, submit.destination, submit.concat.ref)
            parts = self._begun.setdefault(key, {})
            parts[submit.concat.seq] = text
            if len(parts) < submit.concat.parts:
                return None
            text = "".join(words for _, words in sorted(self._begun.pop(key).items()))
        return text if reply == ECHO else reply
