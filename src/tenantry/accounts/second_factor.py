"""Second factors: allauth's, with their secrets sealed by the installation's key ring."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter

from tenantry.audit.services import key_ring

PLACE = "mfa_authenticator.data"


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the secrets of authenticator apps and the seeds of recovery codes sealed at rest."""

    def encrypt(self, text: str) -> str:
        """Seal a secret. Raises ``KeyRingMissing``."""
        return base64.b64encode(key_ring().seal(text.encode(), place=PLACE)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Open what :meth:`encrypt` made. Raises ``CannotUnseal``, ``KeyRingMissing``."""
        return key_ring().unseal(base64.b64decode(encrypted_text), place=PLACE).decode()
