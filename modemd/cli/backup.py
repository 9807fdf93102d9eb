"""``modemd backup``: the store as one file, copied while it is in use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click

from modemd.cli.config_option import takes_config
from modemd.cli.presence import open_store
from modemd.config import load
from modemd.errors import ModemdError, StoreError
from modemd.store.database import Database


class BackupFailed(ModemdError):
    """The copy could not be written; there is none."""


@click.command()
@takes_config
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(path: Path, file: Path) -> None:
    """Copy the store into FILE, whole and consistent, while the daemon runs.

    FILE must be new; it appears when the copy is complete, and only its owner can read it.
    To go back: stop the daemon, remove the store's -wal and -shm files, put FILE in its place.
    """
    config = load(path)
    with open_store(config.store.url) as store:
        try:
            _copy(store, file)
        except FileExistsError as error:
            raise BackupFailed(f"{file} exists: name a new file") from error
        except (OSError, StoreError) as error:
            raise BackupFailed(f"{file} cannot be written: {error}") from error
    click.echo(f"{file}: {_size(file.stat().st_size)}")


def _copy(store: Database, file: Path) -> None:
    """Under another name first, so that what is called FILE is complete."""
    if os.path.lexists(file):
        raise FileExistsError(file)
    os.umask(0o077)  # texts and phone numbers are in it
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        store.backup(draft)
        _give_name(draft, file)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    _sync(file.parent)


def _give_name(draft: Path, file: Path) -> None:
    """Never over another file that came meanwhile: a link is refused then."""
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # no links on this file system, such as a stick's FAT
        if os.path.lexists(file):
            raise FileExistsError(file) from None
        draft.rename(file)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(octets: int) -> str:
    size = float(octets)
    for unit in ("octets", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} GiB"
