"""Why there is no connection with the broker, as a sentence that says what to do."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from modemd.errors import BrokerLost

if TYPE_CHECKING:
    from modemd.workers.broker_settings import BrokerSettings

_SELF_SIGNED: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's X509_V_ERR_…: self-signed, and the issuer is not known."""
_EXPIRED: Final = frozenset({9, 10})
_NAME: Final = frozenset({62, 63, 64})

_ALERTS: Final = (
    ("CERTIFICATE_REQUIRED", "it asks for a client certificate (mqtt: tls: cert_file)"),
    ("HANDSHAKE_FAILURE", "it accepts neither our certificate nor our ciphers (mqtt: tls: cert_file)"),
    ("UNKNOWN_CA", "it does not know who signed our certificate (mqtt: tls: cert_file)"),
    ("BAD_CERTIFICATE", "it does not accept our certificate (mqtt: tls: cert_file)"),
    ("CERTIFICATE_UNKNOWN", "it does not accept our certificate (mqtt: tls: cert_file)"),
    ("CERTIFICATE_EXPIRED", "our certificate has expired (mqtt: tls: cert_file)"),
    ("CERTIFICATE_REVOKED", "our certificate has been revoked (mqtt: tls: cert_file)"),
    ("WRONG_VERSION_NUMBER", "what answers there does not speak TLS"),
)

NO_ANSWER: Final = "no answer to {} within {:g} s"
WITHOUT_A_WORD: Final = "the broker closed the connection without a word"
"""As mosquitto does when another client of the same name comes."""
TAKEN_OVER: Final = 142
"""Session taken over (MQTT 5.0, 3.14.2.1)."""


_OVER_A_PACKET: Final = frozenset({0x81, 0x82, 0x83, 0x87, 0x90, 0x95, 0x99, 0x9A, 0x9B})
"""Malformed, protocol, implementation, not authorised, topic, too large, format, retain, QoS: 3.14.2.1."""


def blames(code: int) -> int:
    """How much a DISCONNECT's reason code says that it is for a packet of ours."""
    return 2 if code in _OVER_A_PACKET else 0


def of_connack(code: int, name: str, settings: BrokerSettings) -> BrokerLost:
    """Why CONNECT was refused; ``code`` is the reason code of MQTT 5.0, 3.2.2.2."""
    user = f"user {settings.username!r}" if settings.username else "us without a user name"
    match code:
        case 134:
            return BrokerLost(f"the broker refuses {user}: wrong name or password", permanent=True)
        case 135:
            return BrokerLost(
                f"the broker refuses {user}: wrong name or password, or not allowed", permanent=True
            )
        case 133:
            return BrokerLost(f"the broker refuses the client id {settings.client_id}", permanent=True)
        case 138:
            return BrokerLost(f"the broker has banned {user} or {settings.client_id}", permanent=True)
        case 140:
            return BrokerLost("the broker wants another way of authentication", permanent=True)
        case _:
            return BrokerLost(f"the broker refuses the connection: {name}")


def of_disconnect(code: int, name: str, settings: BrokerSettings) -> str:
    """Why the broker ended a connection; ``code`` is the reason code of MQTT 5.0, 3.14.2.1."""
    if code == TAKEN_OVER:
        return (
            f"another client uses the client id {settings.client_id}: "
            "is a gateway of the same name running elsewhere?"
        )
    return f"the broker ended the connection: {name}"


def of_closing(client_id: str) -> BrokerLost:
    """Why the broker closes one connection after the other."""
    return BrokerLost(
        f"{WITHOUT_A_WORD}, again and again: another client may use the client id {client_id}: "
        "is a gateway of the same name running elsewhere?"
    )


def of_error(error: Exception, settings: BrokerSettings) -> BrokerLost:
    """Why the network, or TLS, did not let us through."""
    where = f"{settings.host}:{settings.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, settings)
    if isinstance(error, ssl.SSLError):
        return of_tls_words(str(error), settings)
    return BrokerLost(_of_network(error, where, settings))


def _of_network(error: Exception, where: str, settings: BrokerSettings) -> str:
    if isinstance(error, socket.gaierror):
        return f"the broker's name {settings.host!r} is not known: {error.strerror}"
    if isinstance(error, TimeoutError):
        return f"no answer from {where}"
    if isinstance(error, ConnectionRefusedError):
        return f"connection refused: nothing listens on {where}"
    if isinstance(error, ConnectionResetError) and settings.tls is not None:
        return f"{where} closed the connection in the middle of TLS: does it speak TLS?"
    return f"no connection with {where}: {getattr(error, 'strerror', None) or error}"


def of_tls_words(said: str, settings: BrokerSettings) -> BrokerLost:
    """What OpenSSL said, which may be what the broker's TLS said to us."""
    words = said.upper().replace(" ", "_")
    for sign, sentence in _ALERTS:
        if sign in words:
            return BrokerLost(f"no TLS with {settings.host}:{settings.port}: {sentence}", permanent=True)
    if "EOF" in words:
        return BrokerLost(
            f"{settings.host}:{settings.port} closed the connection in the middle of TLS: does it speak TLS?"
        )
    return BrokerLost(f"no TLS with {settings.host}:{settings.port}: {said}")


def _of_certificate(error: ssl.SSLCertVerificationError, settings: BrokerSettings) -> BrokerLost:
    code = error.verify_code
    if code in _NAME:
        return BrokerLost(f"the broker's certificate is not for {settings.host!r}", permanent=True)
    if code in _SELF_SIGNED:
        trusted = settings.ca_file or "any authority of the system's list (mqtt: tls: ca_file)"
        return BrokerLost(f"the broker's certificate is not signed by {trusted}", permanent=True)
    if code in _EXPIRED:
        word = "is not valid yet: is the clock right?" if code == 9 else "has expired"
        return BrokerLost(f"the broker's certificate {word}", permanent=True)
    return BrokerLost(f"the broker's certificate is not accepted: {error.verify_message}", permanent=True)
