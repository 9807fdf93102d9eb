"""A certificate authority in a folder, made with openssl, and what it signs."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


class Certificates:
    """A CA, a server's certificate for ``name`` (and its address), and a client's."""

    def __init__(self, folder: Path, *, name: str = "localhost") -> None:
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("openssl is not installed")
        self._openssl = program
        self.folder = folder
        folder.mkdir(parents=True)
        self.ca, self.ca_key = folder / "ca.crt", folder / "ca.key"
        self._run(
            "req", "-x509", "-new", "-days", "30", *self._fresh_key(self.ca_key), "-out", str(self.ca),
            "-subj", "/CN=test CA",
        )  # fmt: skip
        alternatives = f"DNS:{name}" + (",IP:127.0.0.1" if name == "localhost" else "")
        self.server, self.server_key = self.sign("server", name, f"subjectAltName={alternatives}")
        self.client, self.client_key = self.sign("client", "gw1", "extendedKeyUsage=clientAuth")

    def sign(self, stem: str, name: str, extension: str, *, days: int = 30) -> tuple[Path, Path]:
        """A certificate and its key; ``extension`` in openssl's words."""
        request, key = self.folder / f"{stem}.csr", self.folder / f"{stem}.key"
        written, extensions = self.folder / f"{stem}.crt", self.folder / f"{stem}.ext"
        self._run("req", "-new", *self._fresh_key(key), "-out", str(request), "-subj", f"/CN={name}")
        extensions.write_text(f"{extension}\n", "utf-8")
        self._run(
            "x509", "-req", "-in", str(request), "-CA", str(self.ca), "-CAkey", str(self.ca_key),
            "-CAcreateserial", "-out", str(written), "-days", str(days), "-extfile", str(extensions),
        )  # fmt: skip
        return written, key

    def context(self, *, client: bool = False) -> ssl.SSLContext:
        """What a user trusts, and who it is."""
        made = ssl.create_default_context(cafile=self.ca)
        if client:
            made.load_cert_chain(self.client, self.client_key)
        return made

    @staticmethod
    def _fresh_key(path: Path) -> tuple[str, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([self._openssl, *arguments], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
