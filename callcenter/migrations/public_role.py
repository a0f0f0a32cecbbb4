"""What the public process may touch (docs/decisions.md, "Open to strangers"): less than every other, for anybody may knock there.

Table → privilege → columns; () is the whole table, as in stores_role.py.
"""

from __future__ import annotations

from callcenter.migrations.stores_role import SALES_TOLD, Grants

PUBLIC: Grants = {
    "alembic_version": {"SELECT": ()},
    # what became of a message: neither its text nor to whom it went
    "messages": {
        "SELECT": (
            "id",
            "state",
            "carrier",
            "provider_id",
            "template",
            "about_kind",
            "about_id",
            "looks",
            "next_at",
            "error",
            "carrier_error",
            "sent_at",
            "settled_at",
            "trace",
        ),
        "UPDATE": ("state", "provider_id", "next_at", "error", "carrier_error", "sent_at", "settled_at"),
    },
    # text messages that come in: it can write them down, and read not even that they are there
    "inbound_texts": {"INSERT": ()},
    # a crew's page: links that live, what their hand-over has become, whose secret a city signs with; and what came in
    "outside_links": {
        "SELECT": (
            "id",
            "handover_id",
            "token_hash",
            "code_index",
            "code_until",
            "expires_at",
            "browser_hash",
            "opened_at",
            "ended_at",
            "packet",  # gone when the link is over
            "packet_version",
        ),
        "UPDATE": ("browser_hash", "opened_at"),
    },
    "outside_handovers": {"SELECT": ("id", "agency", "service_id", "state")},
    "outside_services": {"SELECT": ("id", "secret", "active")},
    "outside_reports": {"SELECT": ("id", "handover_id", "event_id", "kind", "source"), "INSERT": ()},
    # a store's tills: whose secret one signs with, whether the store is a partner, what it has told; not whose card it was
    "points_tills": {"SELECT": ("id", "store_id", "name", "secret", "revoked_at")},
    "stores": {"SELECT": ("id", "state")},
    "points_terms": {"SELECT": ("id", "store_id", "allied", "valid_from")},
    "points_purchase_reports": SALES_TOLD,
    # calls at Twilio: what lives there, news for voice, who is rung when voice is away; and who forged a callback
    "carrier_channels": {"SELECT": (), "INSERT": (), "UPDATE": ()},
    "carrier_events": {"SELECT": ("id", "key"), "INSERT": ()},
    "carrier_fallback": {"SELECT": ()},
    "carrier_tapes": {"SELECT": (), "UPDATE": ("sid", "seconds")},
    "audit": {"INSERT": ()},
    "centre_settings": {"SELECT": ()},  # whom to call when a link is over
    "outbox": {"SELECT": ("id",), "INSERT": ()},  # of a row that was just written
}
