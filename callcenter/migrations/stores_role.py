"""What the stores' process may touch (docs/stores-app.md): it faces the internet, so it reads no profile, no contact, no user of the console, no timeline.

Table → privilege → columns; () is the whole table. PostgreSQL asks for a column to be updatable where a row is locked, and readable where it is returned.
"""

from __future__ import annotations

Grants = dict[str, dict[str, tuple[str, ...]]]

READ = (
    "alembic_version",
    "catalog_versions",
    "centre_settings",  # hours of dispatch, the hotline's number
    "item_localisations",
    "lines",
    "regions",
    "service_items",
)  # as they are; nothing else of the centre's own words

# what a counter or a till has told, which two processes take: whose card it was, neither may read
SALES_TOLD = {
    "SELECT": ("id", "store_id", "receipt", "number", "card_index", "fen", "excluded_fen", "made_at", "state", "why", "points"),
    "INSERT": (),
}

STORES: Grants = {
    **{table: {"SELECT": ()} for table in READ},
    # orders: whole to read, for what it must lock, match and tell; a door check is placed by it
    "orders": {
        "SELECT": (),
        "INSERT": (),
        "UPDATE": (
            "version",
            "state",
            "attention",
            "late_told",
            "seek_at",
            "refusals",
            "round",
            "requested_at",
            "reply_by",
            "accept_by",
            "arrive_by",
            "store_id",
            "worker_id",
            "accepted_at",
            "en_route_at",
            "checked_in_at",
            "checked_out_at",
            "verified_at",
            "amount_fen",
            "done_note",
            "code_tries",
            "minutes",  # of a door check, as it is placed
        ),
    },
    "order_lines": {"SELECT": (), "INSERT": (), "UPDATE": ("price_fen",)},
    "offers": {
        "SELECT": (),
        "INSERT": (),
        "UPDATE": ("state", "round", "seen_at", "answered_at", "answered_by", "answered_how", "reason"),
    },
    "order_events": {"SELECT": (), "INSERT": ()},
    "order_proofs": {"SELECT": (), "INSERT": ()},
    # who pays what of a job, and the month's statement: no entitlement, and not what became of it
    "bills": {"SELECT": ("id", "order_id", "store_id", "visit", "served_on", "month", "reversed_month", "fee_fen", "state")},
    "bill_parts": {"SELECT": ("bill_id", "position", "kind", "payer", "fen")},
    "complaints": {"SELECT": ("store_id", "opened_at", "state")},  # how many of a store, for its association; not a word of them
    "order_photos": {"SELECT": ("id", "order_id", "purpose", "taken_at", "by_id"), "INSERT": ()},
    # stores, their people and papers; the papers' numbers are not for it
    "stores": {"SELECT": (), "UPDATE": ("version", "hours", "has_smartphone", "state", "state_reason", "state_since")},
    "store_changes": {"SELECT": ("id",), "INSERT": ()},
    "store_items": {"SELECT": ()},
    "store_communities": {"SELECT": ()},
    "store_blackouts": {"SELECT": (), "INSERT": (), "DELETE": ()},
    "store_members": {"SELECT": ()},
    "store_refusals": {"SELECT": ("elder_id", "store_id")},
    "organisations": {"SELECT": ()},
    "organisation_officers": {"SELECT": ()},
    "provider_people": {"SELECT": ()},
    "licences": {
        "SELECT": ("id", "kind", "store_id", "person_id", "valid_from", "valid_to", "revoked_at", "revoked_reason"),
    },
    # points at the counter: what was typed there, and what became of it; whose card it is, and the code, it does not learn
    "points_counter_requests": {
        "SELECT": (
            "id",
            "store_id",
            "person_id",
            "points",
            "state",
            "why",
            "made_at",
            "expires_at",
            "code_given",
            "given_up",
            "tries_left",
            "how",
            "over_at",
        ),
        "INSERT": (),
        "UPDATE": ("code_given", "given_up"),
    },
    # what an allied store has sold and given back: whose card it was, it does not learn; whether it is a partner, not who agreed to it
    "points_purchase_reports": SALES_TOLD,
    "points_terms": {"SELECT": ("id", "store_id", "allied", "valid_from")},
    # a store's own position
    "store_points": {"SELECT": ()},
    "points_settlements": {"SELECT": ()},
    "points_settlement_lines": {"SELECT": ()},
    "points_settlement_payments": {"SELECT": ()},
    # its own
    "provider_sign_in_codes": {"SELECT": (), "INSERT": (), "UPDATE": ("tries", "used_at")},
    "provider_sign_in_failures": {"SELECT": (), "INSERT": ()},
    "provider_sessions": {"SELECT": (), "INSERT": (), "UPDATE": ("seen_at", "ended_at")},
    "provider_idempotency_keys": {"SELECT": (), "INSERT": (), "UPDATE": ("answer",)},
    "provider_push": {"SELECT": (), "INSERT": (), "DELETE": ()},
    # what an order does to its case: locked, moved, counted; written into, never read back
    "cases": {"SELECT": (), "UPDATE": ("version", "state", "resolved_at", "open_orders")},
    "case_entries": {"INSERT": ()},
    "case_tasks": {"SELECT": (), "INSERT": (), "UPDATE": ("due_at", "number", "version", "recording")},
    "elder_numbers": {"SELECT": ()},  # nobody opens: whom to call back; a call that the centre joins
    "audit": {"SELECT": ("id",), "INSERT": ()},  # of a row that was just written
    "outbox": {"SELECT": ("id", "seq", "topic", "object_id", "version", "payload"), "INSERT": ()},
    # a store without a smartphone is rung; who is not needed any more is let go; a call that the centre joins
    "dialog_calls": {"SELECT": (), "INSERT": (), "UPDATE": ("state", "outcome", "ended_at", "cancel_asked_at")},
    "dialog_events": {"SELECT": ("id",), "INSERT": ()},
    "messages": {"SELECT": ("id", "dedupe_key", "address_index", "template", "created_at"), "INSERT": ()},
}
STORES_SEQUENCES = ("order_number_seq",)
