"""``mail:`` the server that takes e-mail to accounts."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from modemd.config.modems import read_secret
from modemd.config.types import Email, Section

_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


class MailConfig(Section):
    """The mail server; without this section accounts are written no e-mail."""

    host: str = Field("localhost", min_length=1, pattern=r"^[^\s/@]+$", description="the mail server's host")
    port: int | None = Field(
        None, ge=1, le=65535, description="its port; empty: 587, or 465 with tls, or 25 with none"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: encrypted before anything is said; tls: from the start; none"
    )
    ca_file: str | None = Field(
        None, description="who signs the server's certificate; empty: the system's list"
    )
    username: str | None = Field(None, min_length=1, description="who we say we are; empty: nobody")
    password_file: str | None = Field(
        None, description="file with the password; a relative name is looked up in $CREDENTIALS_DIRECTORY"
    )
    sender: Email = Field(alias="from", description="the address that letters come from")

    @property
    def door(self) -> int:
        """``port``, or the one that is usual for ``security``."""
        return self.port or _PORTS[self.security]

    def read_password(self) -> str | None:
        """The password from ``password_file``; ``None`` where there is none.

        Raises:
            ConfigError: the file cannot be read.
        """
        return read_secret(self.password_file, "mail: password_file") if self.password_file else None
