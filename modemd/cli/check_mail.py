"""Whether the mail server of a configuration lets the gateway in, found out by trying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.cli.door_found import DoorFound
from modemd.errors import Fault, MailLost
from modemd.workers.mail_server import MailServer

if TYPE_CHECKING:
    from modemd.config import Config

CONNECT_S: Final = 5.0
_ADVICE: Final = (
    ("refuses user", "look at username: and password_file:"),
    ("certificate is not for", "write host: as the certificate has it, or get one for this name"),
    ("not signed by", "ca_file: names the certificate of who signed it"),
    ("has expired", "renew it"),
    ("STARTTLS", "tls: it may want encryption from the start, at port 465"),
)


def try_mail(config: Config) -> DoorFound:
    """Connect once, and send nothing; a server that does not answer is waited for 5 s at most.

    Raises:
        ConfigError: password or certificate cannot be read.
    """
    if config.mail is None:
        return DoorFound()
    try:
        return DoorFound(MailServer.of(config.mail, patience_s=CONNECT_S).greet())
    except MailLost as lost:
        if lost.permanent:
            advice = next((advice for sign, advice in _ADVICE if sign in lost.reason), "")
            return DoorFound(fault=Fault(lost.reason, "mail", suggestion=advice))
        return DoorFound(note=f"mail: {lost.reason}; the daemon goes on trying")
