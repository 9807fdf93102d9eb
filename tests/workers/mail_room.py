"""A mail server of one's own: it keeps what it takes, and refuses what a test wants it to."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from tests.system.certificates import Certificates

OK = "250 OK"


@dataclass
class PostOffice:
    """What the server has taken, and what it answers: to recipients by address, to each letter in turn."""

    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    greeted: list[str] = field(default_factory=list)
    sender_answer: str = OK
    hold: asyncio.Event | None = None
    port: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greeted.append(hostname)
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer == OK:
            envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.recipients.get(address, OK)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.pop(0) if self.answers else OK
        if answer == OK:
            assert isinstance(envelope.content, bytes)
            self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.SMTP))
            self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return answer

    def let_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=(login.login, login.password) == (b"gw1", b"secret"), handled=False)


@contextlib.asynccontextmanager
async def mail_server(
    certificates: Certificates | None = None, *, users: bool = False, at_once: bool = False
) -> AsyncIterator[PostOffice]:
    """Run a server on a free port; with certificates it insists on STARTTLS, or on TLS ``at_once``."""
    office, loop = PostOffice(), asyncio.get_running_loop()
    context = None if certificates is None else context_of(certificates)
    keys: dict[str, Any] = {"hostname": "localhost", "loop": loop}
    if context is not None and not at_once:
        keys |= {"tls_context": context, "require_starttls": True}
    if users:
        keys |= {"authenticator": office.let_in, "auth_required": True, "auth_require_tls": True}
    running = await loop.create_server(
        lambda: SMTP(office, **keys), "127.0.0.1", 0, ssl=context if at_once else None
    )
    office.port = running.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        running.close()
        await running.wait_closed()


def context_of(certificates: Certificates) -> ssl.SSLContext:
    """A server's, with the certificate for ``localhost``."""
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.server, certificates.server_key)
    return made
