"""Roles and what each may do. One table: docs/access.md prints it, the routes ask it, the denial tests are generated from it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Permission(StrEnum):
    CALLS_TAKE = "calls:take"  # have a telephone, be rung, be present
    CALLS_SEE = "calls:see"  # the live queue
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    ELDERS_SEARCH = "elders:search"
    ELDERS_READ = "elders:read"
    GLASS_BREAK = "glass:break"
    TASKS_WORK = "tasks:work"
    CATALOG_READ = "catalog:read"
    USERS_READ = "users:read"
    AUDIT_READ = "audit:read"
    TRAINING_PHONE = "training:phone"


_AGENT = frozenset(
    {
        Permission.CALLS_TAKE,
        Permission.CALLS_SEE,
        Permission.CASES_READ,
        Permission.CASES_WRITE,
        Permission.ELDERS_SEARCH,
        Permission.ELDERS_READ,
        Permission.GLASS_BREAK,
        Permission.TASKS_WORK,
        Permission.CATALOG_READ,
        Permission.TRAINING_PHONE,
    }
)

MAY: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _AGENT | {Permission.USERS_READ, Permission.AUDIT_READ},
    # An admin keeps the house; elders' profiles and calls are none of an admin's business.
    Role.ADMIN: frozenset({Permission.CATALOG_READ, Permission.USERS_READ, Permission.AUDIT_READ, Permission.TRAINING_PHONE}),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in MAY[role]
