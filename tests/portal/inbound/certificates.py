"""Certificates as a company's own authority signs them, made anew for each run of the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = timedelta(days=1)


def certificate(folder: Path, address: str = "127.0.0.1", *, age: timedelta = DAY) -> tuple[Path, Path]:
    """A self-signed certificate for `address`, good for thirty days from `age` ago, and its key, as files in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail of the tests")])
    begins = datetime.now(UTC) - age
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, begins + 30 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, kept = folder / f"{made.serial_number}.pem", folder / f"{made.serial_number}.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    kept.write_bytes(pem)
    return shown, kept
