"""one id from press to points"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("trace", sa.Uuid(), nullable=True))
    op.add_column("messages", sa.Column("trace", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "trace")
    op.drop_column("outbox", "trace")
