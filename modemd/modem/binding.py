"""Whether the modem behind a port is the one that was meant: by its IMEI, by its SIM's ICCID, or by both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.errors import WrongModem
from modemd.gsm.identities import same_iccid, same_imei

if TYPE_CHECKING:
    from modemd.model import ModemIdentity


@dataclass(frozen=True, slots=True)
class Binding:
    """What a modem has to be; ``None``: anything. What it does not tell does not speak against it."""

    imei: str | None = None
    iccid: str | None = None

    def fits(self, identity: ModemIdentity) -> bool:
        """Tell whether nothing that is known of a modem speaks against it."""
        wrong_modem = self.imei and identity.imei and not same_imei(self.imei, identity.imei)
        wrong_sim = self.iccid and identity.iccid and not same_iccid(self.iccid, identity.iccid)
        return not (wrong_modem or wrong_sim)

    def check(self, identity: ModemIdentity) -> None:
        """Do nothing where it fits.

        Raises:
            WrongModem: it is another modem, or has another SIM.
        """
        if not self.fits(identity):
            raise WrongModem(identity.imei, identity.iccid)


ANY = Binding()
"""Whatever there is."""
