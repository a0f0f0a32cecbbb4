"""Who does something: a signed-in person or a part of the system."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from callcenter.accounts.roles import Permission, Role, may
from callcenter.kit.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    kind: str  # user | system
    id: uuid.UUID | None
    name: str
    role: Role | None
    region_ids: tuple[uuid.UUID, ...] = ()  # a supervisor's regions; everything below them is hers too. None of them: nothing is

    def may(self, permission: Permission) -> bool:
        return self.kind == "system" or (self.role is not None and may(self.role, permission))

    def must(self, permission: Permission) -> None:
        if not self.may(permission):
            raise Forbidden(f"a {self.role or self.kind} may not do this", details={"needs": permission})


def system(name: str) -> Actor:
    """A part of the system, e.g. `system("voice")`."""
    return Actor("system", None, name, None)
