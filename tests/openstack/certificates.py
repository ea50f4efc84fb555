"""Certificates and keys, made when they are asked for."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def _subject(common_name):
    named = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tests"), *named])


def _private_pem(key, passphrase=None):
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


class Authority:
    """Signs certificates."""

    def __init__(self, name):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name)
        builder = _builder(self._name, self._name, self._key, _DAY * 3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, passphrase):
        return _private_pem(self._key, passphrase)

    def issue(self, *names, days=90, common_name=True):
        """A certificate for server names, the first of them also the common name. No names: a certificate without any."""
        return Certificate(self, names, days, common_name)


class Certificate:
    """A certificate with its key, in the forms that people store."""

    def __init__(self, authority, names, days, common_name):
        self._key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_subject(names[0] if names and common_name else None), authority._name, self._key, _DAY * days)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        self._certificate = builder.sign(authority._key, hashes.SHA256())
        self._authority = authority
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        self.key_pem = _private_pem(self._key)
        self.intermediates_pem = authority.pem

    def pkcs12(self, passphrase=None):
        encryption = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        return pkcs12.serialize_key_and_certificates(
            None, self._key, self._certificate, [self._authority._certificate], encryption
        )


def _builder(subject, issuer, key, life):
    """`life` is negative for an expired certificate."""
    now = datetime.datetime.utcnow().replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + life) - _DAY)
        .not_valid_after(now + life)
    )
