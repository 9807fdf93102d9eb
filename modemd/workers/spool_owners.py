"""The folders ``outgoing/<account>/`` of accounts that name a Unix user: his, and the daemon's group's."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING, Final

from modemd.workers.spool_dirs import join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.config.accounts import AccountConfig
    from modemd.workers.spool_dirs import SpoolDirs

_MODE: Final = 0o2770
"""Whoever is neither the user nor of the group of ``outgoing/`` reads nothing in it."""


def give_folders(dirs: SpoolDirs, accounts: Mapping[str, AccountConfig]) -> list[str]:
    """Make the folders, and give them to their users; return a sentence for each that is not as it should be.

    Only root can give a folder away; where somebody has done it before, there is nothing to say.
    """
    owners = {name: config.unix_user for name, config in accounts.items() if config.unix_user}
    found = (_give(dirs, name, user) for name, user in sorted(owners.items()))
    return [sentence for sentence in found if sentence]


def _give(dirs: SpoolDirs, account: str, user: str) -> str:
    folder = join(dirs["outgoing"], os.fsencode(account))
    where = f"accounts.{account}.unix_user: {os.fsdecode(folder)}"
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        return f"{where} cannot be given to {user}: there is no such user"
    try:
        is_there = os.path.isdir(folder) and not os.path.islink(folder)  # noqa: PTH112, PTH114 - bytes
        if is_there and os.stat(folder).st_uid == uid:  # noqa: PTH116
            return ""
        if os.geteuid() != 0 and uid != os.geteuid():
            return f"{where} is not {user}'s, and only root can give it: chown {user} it, or make it"
        if not is_there:
            os.mkdir(folder, _MODE)  # noqa: PTH102
            os.chmod(folder, _MODE)  # noqa: PTH101 - whatever the umask is
        os.chown(folder, uid, os.stat(dirs["outgoing"]).st_gid, follow_symlinks=False)  # noqa: PTH116
    except OSError as error:
        return f"{where} cannot be given to {user}: {error.strerror}"
    return ""
