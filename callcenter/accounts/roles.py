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
    FLOOR_WATCH = "floor:watch"  # everybody's state and calls, the wallboard
    CASES_ASSIGN = "cases:assign"  # take a case over, give it away
    HANDOVER_SIGN = "handover:sign"
    REPORTS_READ = "reports:read"
    ELDERS_WRITE = "elders:write"
    ELDERS_MERGE = "elders:merge"
    DEATHS_CONFIRM = "deaths:confirm"  # a death that somebody reported; or that she lives
    CONSENTS_WORD = "consents:word"  # the words that people agree to
    ELDERS_IMPORT = "elders:import"
    ELDERS_EXPORT = "elders:export"  # ask for a file
    EXPORTS_APPROVE = "exports:approve"  # of somebody else's asking
    ELDERS_LOG = "elders:log"  # who has looked at her, printed for her
    REGIONS_READ = "regions:read"  # the map, grid workers, who is on duty
    REGIONS_WRITE = "regions:write"
    DUTY_WRITE = "duty:write"
    KNOWLEDGE_READ = "knowledge:read"
    KNOWLEDGE_WRITE = "knowledge:write"
    CATALOG_READ = "catalog:read"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    CENTRE_READ = "centre:read"  # lines, texts, words to choose from, settings
    CENTRE_WRITE = "centre:write"
    AUDIT_READ = "audit:read"
    GLASS_REVIEW = "glass:review"
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
        Permission.HANDOVER_SIGN,
        Permission.ELDERS_WRITE,
        Permission.REGIONS_READ,
        Permission.KNOWLEDGE_READ,
        Permission.CATALOG_READ,
        Permission.TRAINING_PHONE,
    }
)

MAY: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    # Of her regions; elsewhere she breaks the glass as everybody does.
    Role.SUPERVISOR: _AGENT
    | {
        Permission.FLOOR_WATCH,
        Permission.CASES_ASSIGN,
        Permission.REPORTS_READ,
        Permission.ELDERS_MERGE,
        Permission.DEATHS_CONFIRM,
        Permission.CONSENTS_WORD,
        Permission.ELDERS_IMPORT,
        Permission.ELDERS_EXPORT,
        Permission.EXPORTS_APPROVE,
        Permission.ELDERS_LOG,
        Permission.REGIONS_WRITE,
        Permission.DUTY_WRITE,
        Permission.KNOWLEDGE_WRITE,
        Permission.USERS_READ,
        Permission.CENTRE_READ,
        Permission.AUDIT_READ,
        Permission.GLASS_REVIEW,
    },
    # An admin keeps the house; elders' profiles and calls are none of an admin's business.
    Role.ADMIN: frozenset(
        {
            Permission.REGIONS_READ,
            Permission.REGIONS_WRITE,
            Permission.DUTY_WRITE,
            Permission.KNOWLEDGE_READ,
            Permission.CATALOG_READ,
            Permission.USERS_READ,
            Permission.USERS_WRITE,
            Permission.CENTRE_READ,
            Permission.CENTRE_WRITE,
            Permission.AUDIT_READ,
            Permission.TRAINING_PHONE,
        }
    ),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in MAY[role]
