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
    RECORDINGS_HEAR = "recordings:hear"  # conversations; whose, as everywhere: a case that she sees whole, or a call on which she spoke
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
    CATALOG_WRITE = "catalog:write"  # new versions of it
    CATALOG_LOCALISE = "catalog:localise"  # what a region does otherwise; a supervisor in her regions
    ORDERS_READ = "orders:read"  # the job board; whose it is, as everywhere: masked without a call, a case or a region
    ORDERS_WRITE = "orders:write"  # place, change, cancel, assign
    GATES_OPEN = "gates:open"  # a store beyond a gate, with a reason; an order that counts although a proof is missing
    STORES_READ = "stores:read"
    STORES_WRITE = "stores:write"  # profiles, licences, people
    STORES_ADMIT = "stores:admit"  # admission, suspension
    BILLS_READ = "bills:read"  # statements, claim lists
    BILLS_WRITE = "bills:write"  # entitlements; what a payer was charged
    OUTREACH_READ = "outreach:read"  # planned calls, care plans, campaigns, complaints; whose, as everywhere
    OUTREACH_WORK = "outreach:work"  # take a call from the list, set a care plan, write a complaint down
    OUTREACH_WRITE = "outreach:write"  # campaigns; what is decided about others' work
    POINTS_READ = "points:read"  # an elder's account, whose as everywhere; volunteers, the catalogue of goods
    POINTS_WORK = "points:work"  # spend for an elder on the telephone, gifts, volunteers' hours
    POINTS_WRITE = "points:write"  # partners, goods, freezing, reviews, corrections, settlements
    POINTS_BOOKS = "points:books"  # the books themselves: liability, reconciliation, statements of stores
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    CENTRE_READ = "centre:read"  # lines, texts, words to choose from, settings
    CENTRE_WRITE = "centre:write"
    COMPLAINTS_TOLD = "complaints:told"  # that one is overdue; nothing of the elder
    AUDIT_READ = "audit:read"
    GLASS_REVIEW = "glass:review"
    SHEETS_PRINT = "sheets:print"  # today's risks on paper, whole: a supervisor, of her regions
    TRAINING_PHONE = "training:phone"


_AGENT = frozenset(
    {
        Permission.CALLS_TAKE,
        Permission.CALLS_SEE,
        Permission.CASES_READ,
        Permission.CASES_WRITE,
        Permission.RECORDINGS_HEAR,
        Permission.ELDERS_SEARCH,
        Permission.ELDERS_READ,
        Permission.GLASS_BREAK,
        Permission.TASKS_WORK,
        Permission.HANDOVER_SIGN,
        Permission.ELDERS_WRITE,
        Permission.REGIONS_READ,
        Permission.KNOWLEDGE_READ,
        Permission.CATALOG_READ,
        Permission.ORDERS_READ,
        Permission.ORDERS_WRITE,
        Permission.STORES_READ,
        Permission.OUTREACH_READ,
        Permission.OUTREACH_WORK,
        Permission.POINTS_READ,
        Permission.POINTS_WORK,
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
        Permission.CATALOG_LOCALISE,
        Permission.USERS_READ,
        Permission.CENTRE_READ,
        Permission.AUDIT_READ,
        Permission.GLASS_REVIEW,
        Permission.SHEETS_PRINT,
        Permission.GATES_OPEN,
        Permission.STORES_WRITE,
        Permission.STORES_ADMIT,
        Permission.BILLS_READ,
        Permission.BILLS_WRITE,
        Permission.OUTREACH_WRITE,
        Permission.POINTS_WRITE,
        Permission.POINTS_BOOKS,
        Permission.COMPLAINTS_TOLD,
    },
    # An admin keeps the house; elders' profiles and calls are none of an admin's business.
    Role.ADMIN: frozenset(
        {
            Permission.REGIONS_READ,
            Permission.REGIONS_WRITE,
            Permission.DUTY_WRITE,
            Permission.KNOWLEDGE_READ,
            Permission.CATALOG_READ,
            Permission.STORES_READ,
            Permission.STORES_WRITE,
            Permission.STORES_ADMIT,
            Permission.CATALOG_WRITE,
            Permission.CATALOG_LOCALISE,
            Permission.USERS_READ,
            Permission.USERS_WRITE,
            Permission.CENTRE_READ,
            Permission.CENTRE_WRITE,
            Permission.COMPLAINTS_TOLD,
            Permission.AUDIT_READ,
            Permission.TRAINING_PHONE,
        }
    ),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in MAY[role]
