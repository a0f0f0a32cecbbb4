"""What points are earned for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "points_expiry_notices",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["points_members.id"], name=op.f("fk_points_expiry_notices_member_id_points_members")),
        sa.PrimaryKeyConstraint("member_id", "expires_on", "step", name=op.f("pk_points_expiry_notices")),
    )
    op.create_table(
        "points_referrals",
        sa.Column("invited_id", sa.Uuid(), nullable=False),
        sa.Column("inviter_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("invited_id <> inviter_id", name=op.f("ck_points_referrals_other")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_points_referrals_by_id_users")),
        sa.ForeignKeyConstraint(["invited_id"], ["elders.id"], name=op.f("fk_points_referrals_invited_id_elders")),
        sa.ForeignKeyConstraint(["inviter_id"], ["elders.id"], name=op.f("fk_points_referrals_inviter_id_elders")),
        sa.PrimaryKeyConstraint("invited_id", name=op.f("pk_points_referrals")),
    )
    op.create_index(op.f("ix_points_referrals_inviter_id"), "points_referrals", ["inviter_id"], unique=False)
    op.create_table(
        "points_purchases",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("elder_id", sa.Uuid(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("excluded_fen", sa.Integer(), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("receipt ~ '^[A-Za-z0-9._-]{1,40}$'", name=op.f("ck_points_purchases_receipt")),
        sa.CheckConstraint("amount_fen > 0 AND excluded_fen BETWEEN 0 AND amount_fen", name=op.f("ck_points_purchases_amount")),
        sa.ForeignKeyConstraint(["elder_id"], ["elders.id"], name=op.f("fk_points_purchases_elder_id_elders")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_points_purchases_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_purchases")),
        sa.UniqueConstraint("store_id", "receipt", name=op.f("uq_points_purchases_store_id_receipt")),
    )
    op.create_index(op.f("ix_points_purchases_elder_id"), "points_purchases", ["elder_id"], unique=False)
    op.create_table(
        "points_terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("allied", sa.Boolean(), nullable=False),
        sa.Column("rate_bp", sa.SmallInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("rate_bp BETWEEN 50 AND 300", name=op.f("ck_points_terms_rate")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_points_terms_by_id_users")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_points_terms_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_terms")),
    )
    op.create_index("ix_points_terms_store_id", "points_terms", ["store_id", "valid_from"], unique=False)
    op.create_table(
        "points_purchase_refunds",
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("fen > 0", name=op.f("ck_points_purchase_refunds_fen")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["points_purchases.id"], name=op.f("fk_points_purchase_refunds_purchase_id_points_purchases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_purchase_refunds")),
        sa.UniqueConstraint("purchase_id", "number", name=op.f("uq_points_purchase_refunds_purchase_id_number")),
    )
    op.create_table(
        "points_earnings",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "rule",
            sa.Enum(
                "consumption",
                "purchase",
                "daily",
                "week_bonus",
                "follow_up",
                "referral",
                "volunteering",
                name="rule",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column(
            "issuer",
            sa.Enum(
                "elder",
                "volunteer",
                "family",
                "store",
                "partner",
                "centre",
                "fund",
                "expired",
                "world",
                name="holder",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("invited_id", sa.Uuid(), nullable=True),
        sa.Column("deed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("counted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum("pending", "available", "reversed", name="earningstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("reversed_amount", sa.BigInteger(), nullable=False),
        sa.Column("shortfall", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'pending') <= (release_at IS NOT NULL)", name=op.f("ck_points_earnings_release")),
        sa.CheckConstraint("amount > 0 OR reason <> ''", name=op.f("ck_points_earnings_reason")),
        sa.CheckConstraint(
            "(amount > 0) = (entry_id IS NOT NULL) AND (amount > 0) = (lot_id IS NOT NULL)", name=op.f("ck_points_earnings_posted")
        ),
        sa.CheckConstraint(
            "base >= 0 AND amount >= 0 AND reversed_amount BETWEEN 0 AND amount AND shortfall BETWEEN 0 AND reversed_amount",
            name=op.f("ck_points_earnings_amount"),
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_points_earnings_bill_id_bills")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name=op.f("fk_points_earnings_entry_id_ledger_entries")),
        sa.ForeignKeyConstraint(["invited_id"], ["elders.id"], name=op.f("fk_points_earnings_invited_id_elders")),
        sa.ForeignKeyConstraint(["lot_id"], ["ledger_lots.id"], name=op.f("fk_points_earnings_lot_id_ledger_lots")),
        sa.ForeignKeyConstraint(["member_id"], ["points_members.id"], name=op.f("fk_points_earnings_member_id_points_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_earnings")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_points_earnings_entry_id")),
        sa.UniqueConstraint("source", name=op.f("uq_points_earnings_source")),
    )
    op.create_index(op.f("ix_points_earnings_bill_id"), "points_earnings", ["bill_id"], unique=False)
    op.create_index("ix_points_earnings_day", "points_earnings", ["day", "rule"], unique=False)
    op.create_index(op.f("ix_points_earnings_invited_id"), "points_earnings", ["invited_id"], unique=False)
    op.create_index("ix_points_earnings_member_id", "points_earnings", ["member_id", "rule", "day"], unique=False)
    op.create_index(
        "ix_points_earnings_release_at", "points_earnings", ["release_at"], unique=False, postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "ix_points_earnings_shortfall", "points_earnings", ["member_id"], unique=False, postgresql_where=sa.text("shortfall > 0")
    )
    op.create_index("ix_daily_signs_day", "daily_signs", ["day"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_daily_signs_day", table_name="daily_signs")
    op.drop_index("ix_points_earnings_shortfall", table_name="points_earnings", postgresql_where=sa.text("shortfall > 0"))
    op.drop_index("ix_points_earnings_release_at", table_name="points_earnings", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_points_earnings_member_id", table_name="points_earnings")
    op.drop_index(op.f("ix_points_earnings_invited_id"), table_name="points_earnings")
    op.drop_index("ix_points_earnings_day", table_name="points_earnings")
    op.drop_index(op.f("ix_points_earnings_bill_id"), table_name="points_earnings")
    op.drop_table("points_earnings")
    op.drop_table("points_purchase_refunds")
    op.drop_index("ix_points_terms_store_id", table_name="points_terms")
    op.drop_table("points_terms")
    op.drop_index(op.f("ix_points_purchases_elder_id"), table_name="points_purchases")
    op.drop_table("points_purchases")
    op.drop_index(op.f("ix_points_referrals_inviter_id"), table_name="points_referrals")
    op.drop_table("points_referrals")
    op.drop_table("points_expiry_notices")
