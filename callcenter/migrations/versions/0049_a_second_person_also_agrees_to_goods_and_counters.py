"""a second person also agrees to goods and counters"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("points_approvals", sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False))
    op.drop_constraint("ck_points_approvals_deed", "points_approvals")
    op.create_check_constraint(
        op.f("ck_points_approvals_deed"), "points_approvals", "deed IN ('gift', 'donation', 'inheritance', 'goods', 'counter')"
    )
    op.drop_constraint("ck_points_approvals_whom", "points_approvals")
    op.create_check_constraint(
        op.f("ck_points_approvals_whom"), "points_approvals", "(to_id IS NOT NULL) = (deed IN ('gift', 'inheritance')) AND amount >= 0"
    )
    op.add_column("volunteer_proofs", sa.Column("metres", sa.Integer(), nullable=True))
    op.add_column("volunteer_proofs", sa.Column("near", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("volunteer_proofs", "near")
    op.drop_column("volunteer_proofs", "metres")
    op.execute("DELETE FROM points_approvals WHERE deed IN ('goods', 'counter')")
    op.drop_constraint("ck_points_approvals_whom", "points_approvals")
    op.create_check_constraint(
        op.f("ck_points_approvals_whom"), "points_approvals", "(to_id IS NULL) = (deed = 'donation') AND amount >= 0"
    )
    op.drop_constraint("ck_points_approvals_deed", "points_approvals")
    op.create_check_constraint(op.f("ck_points_approvals_deed"), "points_approvals", "deed IN ('gift', 'donation', 'inheritance')")
    op.drop_column("points_approvals", "about")
