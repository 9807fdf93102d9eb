"""Handing a letter to the mail server (RFC 5321), and what it means when that does not go through.

All of this blocks; :class:`~modemd.workers.mailer.Mailer` runs it in a thread of its own.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import ConfigError, Fault, MailLost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from modemd.config.mail import MailConfig

_SELF_SIGNED: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's X509_V_ERR_…: self-signed, and the issuer is not known."""
_EXPIRED: Final = frozenset({9, 10})
_NAME: Final = frozenset({62, 63, 64})
_LONGEST: Final = 200
_CLOSING: Final = 421


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """All that a connection is made of. ``patience_s`` is how long it may be silent."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    ca_file: str | None = None
    patience_s: float = 20.0

    @classmethod
    def of(cls, config: MailConfig, *, patience_s: float = 20.0) -> MailServer:
        """Take it from a configuration; the files of password and certificates are read now.

        Raises:
            ConfigError: one of the files cannot be read, or is not what it should be.
        """
        return cls(
            host=config.host,
            port=config.door,
            security=config.security,
            sender=config.sender,
            username=config.username,
            password=config.read_password(),
            tls=None if config.security == "none" else _context(config.ca_file),
            ca_file=config.ca_file,
            patience_s=patience_s,
        )

    def greet(self) -> str:
        """Connect, and leave again; return what was come to, in words.

        Raises:
            MailLost: it cannot be reached, or does not let us in.
        """
        with self._connected():
            return f"mail server {self.host}:{self.port} lets us in"

    def deliver(self, letter: EmailMessage) -> None:
        """Hand over one letter; the server answers for it from then on.

        Raises:
            MailLost: it did not take it.
        """
        with self._connected() as line:
            try:
                line.send_message(letter)
            except smtplib.SMTPSenderRefused as error:
                raise self._answered(error.smtp_code, error.smtp_error, "our address") from error
            except smtplib.SMTPRecipientsRefused as error:
                [(code, said)] = error.recipients.values()
                raise self._answered(code, said, "the recipient", letter=True) from error
            except smtplib.SMTPResponseException as error:
                raise self._answered(error.smtp_code, error.smtp_error, "the letter", letter=True) from error
            except smtplib.SMTPNotSupportedError as error:  # an address that is not ASCII (RFC 6531)
                reason = "the mail server takes no such address"
                raise MailLost(reason, permanent=True, letter=True) from error
            except smtplib.SMTPServerDisconnected as error:
                raise MailLost(f"{self.host}:{self.port} ended the connection") from error

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Within: connected, encrypted, and let in. Errors of the network become :class:`MailLost`."""
        try:
            with contextlib.closing(self._line()) as line:
                self._enter(line)
                yield line
                with contextlib.suppress(OSError):  # what it has taken it has taken
                    line.quit()
        except smtplib.SMTPResponseException as error:
            raise self._answered(error.smtp_code, error.smtp_error, "us") from error
        except ssl.SSLCertVerificationError as error:
            raise self._of_certificate(error) from error
        except (OSError, ValueError) as error:
            raise self._of_network(error) from error

    def _line(self) -> smtplib.SMTP:
        # Our name in EHLO; smtplib would ask the DNS for one.
        us = self.sender.rpartition("@")[2]
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=us, timeout=self.patience_s, context=self.tls
            )
        return smtplib.SMTP(self.host, self.port, local_hostname=us, timeout=self.patience_s)

    def _enter(self, line: smtplib.SMTP) -> None:
        try:
            line.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                line.starttls(context=self.tls)
            if self.username is not None:
                line.login(self.username, self.password or "")
        except smtplib.SMTPNotSupportedError as error:
            wanted = "STARTTLS (mail: security)" if not line.does_esmtp or _plain(line) else "any log-in"
            raise MailLost(f"{self.host}:{self.port} does not offer {wanted}", permanent=True) from error
        except smtplib.SMTPAuthenticationError as error:
            raise self._answered(error.smtp_code, error.smtp_error, f"user {self.username!r}") from error
        except UnicodeEncodeError as error:
            reason = "the mail server's user name and password must be ASCII (mail: username, password_file)"
            raise MailLost(reason, permanent=True) from error

    def _answered(self, code: int, said: bytes | str, what: str, *, letter: bool = False) -> MailLost:
        """Its answer as an error: 4yz will pass, 5yz will not (RFC 5321, 4.2.1); 421 it says of itself."""
        reason = f"the mail server refuses {what}: {code} {_without_addresses(said)}".strip()
        return MailLost(reason, permanent=code >= 500, letter=letter and code != _CLOSING)

    def _of_certificate(self, error: ssl.SSLCertVerificationError) -> MailLost:
        if error.verify_code in _NAME:
            return MailLost(f"the mail server's certificate is not for {self.host!r}", permanent=True)
        if error.verify_code in _SELF_SIGNED:
            trusted = self.ca_file or "any authority of the system's list (mail: ca_file)"
            return MailLost(f"the mail server's certificate is not signed by {trusted}", permanent=True)
        if error.verify_code in _EXPIRED:
            word = "is not valid yet: is the clock right?" if error.verify_code == 9 else "has expired"
            return MailLost(f"the mail server's certificate {word}", permanent=True)
        reason = f"the mail server's certificate is not accepted: {error.verify_message}"
        return MailLost(reason, permanent=True)

    def _of_network(self, error: Exception) -> MailLost:
        where = f"{self.host}:{self.port}"
        if isinstance(error, socket.gaierror):
            return MailLost(f"the mail server's name {self.host!r} is not known: {error.strerror}")
        if isinstance(error, TimeoutError):
            return MailLost(f"no answer from {where}")
        if isinstance(error, ConnectionRefusedError):
            return MailLost(f"connection refused: nothing listens on {where}")
        if isinstance(error, ssl.SSLError):
            word = "what answers there does not speak TLS at once: is it starttls? (mail: security)"
            said = word if "WRONG_VERSION_NUMBER" in str(error) else str(error)
            return MailLost(f"no TLS with {where}: {said}", permanent="WRONG_VERSION" in str(error))
        if isinstance(error, smtplib.SMTPServerDisconnected):
            hint = "" if self.security == "tls" else ": does it want TLS from the start? (mail: security)"
            return MailLost(f"{where} ended the connection{hint}")
        return MailLost(f"no connection with {where}: {getattr(error, 'strerror', None) or error}")


def _plain(line: smtplib.SMTP) -> bool:
    return not isinstance(line.sock, ssl.SSLSocket)


def _context(ca_file: str | None) -> ssl.SSLContext:
    """Certificates are checked, and the name in them; without ``ca_file`` the system's list decides."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        no_certificate = isinstance(error, ssl.SSLError)
        reason = "it is no certificate in PEM form" if no_certificate else error.strerror
        raise ConfigError([Fault(f"cannot use {ca_file}: {reason}", "mail: ca_file")]) from error


def _without_addresses(said: bytes | str) -> str:
    """What a server said, as one line for the log: it likes to repeat whom the letter was to."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = " ".join("…" if "@" in word else word for word in text.split())
    return "".join(sign if sign.isprintable() else "?" for sign in words)[:_LONGEST]
