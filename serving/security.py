"""Secrets and their uses: passwords, keys, keyed hashes, sealed text and signed tokens.

Every purpose derives its own key from the one secret (HKDF, RFC 5869), so that a hash made for one can never be
compared with a hash made for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, URLSafeTimedSerializer

from serving.errors import InvalidInputError
from serving.i18n import mark

KEY_PREFIX = "suluh_"
PASSWORD_MIN_CHARS = 10
PASSWORD_MAX_CHARS = 1_000  # more would only cost time

_hasher = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low-memory profile)


def hash_of_nothing() -> str:
    """Give what looks like a hash, of which nobody knows a password; to make a true one costs each start 50 ms."""
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    drawn = (secrets.token_bytes(size) for size in (_hasher.salt_len, _hasher.hash_len))
    salt, digest = (base64.b64encode(each).rstrip(b"=").decode() for each in drawn)
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


# Checked when a name is unknown, so that an unknown name takes as long as a wrong password.
_NOBODY = hash_of_nothing()


def hash_password(password: str) -> str:
    """Give the argon2id hash; raise where the password is too short or too long."""
    if len(password) < PASSWORD_MIN_CHARS:
        raise InvalidInputError(mark("Kata sandi perlu sedikitnya {n} huruf."), n=PASSWORD_MIN_CHARS)
    if len(password) > PASSWORD_MAX_CHARS:
        raise InvalidInputError(mark("Kata sandi paling panjang {n} huruf."), n=PASSWORD_MAX_CHARS)
    return _hasher.hash(password)


def password_matches(password: str, password_hash: str | None) -> bool:
    """Compare in a time that does not tell whether the name exists."""
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def new_api_key() -> tuple[str, str]:
    """Make a personal key: the key itself, shown once, and the hash that is kept."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, hash_api_key(key)


def hash_api_key(key: str) -> str:
    """Hash a key for look-up; 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Vault:
    """What one secret is used for."""

    secret: bytes

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=f"suluh/{purpose}".encode()).derive(self.secret)

    @cached_property
    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key("seal")))

    @cached_property
    def _identity_key(self) -> bytes:
        return self._key("identity")

    @cached_property
    def audit_key(self) -> bytes:
        """Key of the audit chain: without it nobody can forge a row that verifies."""
        return self._key("audit")

    def pseudonym(self, *parts: str) -> str:
        """Give the keyed hash of an identity: the same for the same parts, meaningless without the secret."""
        message = b"\x1f".join(part.encode("utf-8", "surrogatepass") for part in parts)
        return hmac.digest(self._identity_key, message, "sha256").hex()

    def seal(self, text: str) -> bytes:
        """Encrypt text that only an audited step may open (Fernet: AES-128-CBC with HMAC-SHA-256)."""
        return self._fernet.encrypt(text.encode())

    def unseal(self, sealed: bytes) -> str:
        """Open what ``seal`` closed; raise where it was sealed with another secret."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise InvalidInputError(mark("Ini disegel dengan kunci lain dan tidak dapat dibuka.")) from None

    def sign(self, purpose: str, payload: object) -> str:
        """Sign a small JSON payload into URL-safe text with its time."""
        return URLSafeTimedSerializer(self._key("token"), salt=purpose).dumps(payload)

    def signed(self, purpose: str, token: str, max_age_s: float | None = None) -> object | None:
        """Give the payload back, or nothing where the signature is wrong or too old."""
        try:
            payload: object = URLSafeTimedSerializer(self._key("token"), salt=purpose).loads(
                token, max_age=None if max_age_s is None else int(max_age_s)
            )
        except BadSignature:
            return None
        return payload
