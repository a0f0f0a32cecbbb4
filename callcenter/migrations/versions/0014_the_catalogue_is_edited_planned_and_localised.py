"""the catalogue is edited planned and localised"""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# as they were named until now → codes
_OF_STORES = {
    "食品经营许可": "food_business", "药品经营许可": "drug_business", "公安备案开锁企业": "registered_locksmith", "燃气具安装维修资质": "gas_appliance_service",
    "签约门店": "signed_store",
}  # fmt: skip
_OF_WORKERS = {
    "家政服务员": "housekeeper", "健康证": "health_certificate", "清洗技能证": "cleaning_skill", "水暖工": "plumber", "管工证": "pipe_fitter",
    "低压电工作业证": "low_voltage_electrician", "疏通工": "drain_worker", "家电维修资格": "appliance_repairer", "安装工": "fitter",
    "执业药师": "licensed_pharmacist", "实名": "real_name", "实名授权书": "real_name_authority", "养老护理员": "elder_carer",
    "助浴培训": "bathing_training", "理发技能": "haircut_skill", "修脚师": "pedicurist", "陪诊培训": "escort_training", "护工": "care_worker",
    "护理员": "nursing_assistant", "护士执业证": "registered_nurse", "志愿者": "volunteer", "志愿者培训": "volunteer_training",
    "志愿者队": "volunteer_team", "社工": "social_worker", "社工培训": "social_work_training", "社会工作者证": "social_worker_certificate",
    "心理咨询师": "counsellor", "话务员": "operator", "应急话务员": "emergency_operator", "网格员": "grid_worker", "应急员": "emergency_responder",
    "救护员证": "first_aider",
}  # fmt: skip


def _requirements(names: list[str]) -> list[list[str]]:
    """Any one of them was asked for; a store's and a worker's are two demands. A name of the centre's own stays as it is."""
    stores = [_OF_STORES[name] for name in names if name in _OF_STORES]
    workers = [_OF_WORKERS.get(name, name) for name in names if name not in _OF_STORES]
    return [group for group in (stores, workers) if group]


def _fill() -> None:
    connection = op.get_bind()
    for (names,) in connection.execute(sa.text("SELECT DISTINCT qualifications FROM service_items")).all():
        connection.execute(
            sa.text("UPDATE service_items SET requirements = CAST(:groups AS jsonb) WHERE qualifications = CAST(:names AS jsonb)"),
            {"groups": json.dumps(_requirements(names), ensure_ascii=False), "names": json.dumps(names, ensure_ascii=False)},
        )
    connection.execute(sa.text("UPDATE service_items SET price_public_cny = price_min_cny, price_market_cny = price_max_cny"))
    connection.execute(sa.text("UPDATE catalog_versions SET valid_from = loaded_at"))


def _fill_back() -> None:
    """The groups flattened, in codes: what was named in Chinese is not known any more."""
    op.get_bind().execute(
        sa.text(
            "UPDATE service_items SET qualifications = coalesce((SELECT jsonb_agg(licence) FROM jsonb_array_elements(requirements) AS g(names), "
            "jsonb_array_elements(g.names) AS l(licence)), '[]'::jsonb)"
        )
    )


def upgrade() -> None:
    op.create_table(
        "item_localisations",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=True),
        sa.Column("price_min_fen", sa.Integer(), nullable=True),
        sa.Column("price_max_fen", sa.Integer(), nullable=True),
        sa.Column("price_public_fen", sa.Integer(), nullable=True),
        sa.Column("price_market_fen", sa.Integer(), nullable=True),
        sa.Column("switched_off", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "num_nulls(price_min_fen, price_max_fen, price_public_fen, price_market_fen) IN (0, 4)",
            name=op.f("ck_item_localisations_prices_whole"),
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_item_localisations_author_id_users")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_item_localisations_region_id_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_localisations")),
        sa.UniqueConstraint("code", "region_id", "number", name=op.f("uq_item_localisations_code_region_id_number")),
    )
    op.create_index("ix_item_localisations_region_id", "item_localisations", ["region_id"], unique=False)
    op.add_column("catalog_versions", sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("catalog_versions", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("catalog_versions", sa.Column("author_id", sa.Uuid(), nullable=True))
    op.add_column("catalog_versions", sa.Column("author_name", sa.Text(), server_default="", nullable=False))
    op.add_column("catalog_versions", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("catalog_versions", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_catalog_versions_author_id_users"), "catalog_versions", "users", ["author_id"], ["id"])
    op.add_column("service_items", sa.Column("price_public_cny", sa.Numeric(precision=10, scale=2), nullable=True))
    op.add_column("service_items", sa.Column("price_market_cny", sa.Numeric(precision=10, scale=2), nullable=True))
    op.add_column("service_items", sa.Column("requirements", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("service_items", sa.Column("active", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("service_items", sa.Column("off_reason", sa.Text(), server_default="", nullable=False))
    _fill()
    for table, column in (
        ("catalog_versions", "valid_from"),
        ("service_items", "price_public_cny"),
        ("service_items", "price_market_cny"),
        ("service_items", "requirements"),
    ):
        op.alter_column(table, column, nullable=False)
    op.drop_column("service_items", "qualifications")


def downgrade() -> None:
    op.add_column("service_items", sa.Column("qualifications", postgresql.JSONB(astext_type=sa.Text()), autoincrement=False, nullable=True))
    _fill_back()
    op.alter_column("service_items", "qualifications", nullable=False)
    op.drop_column("service_items", "off_reason")
    op.drop_column("service_items", "active")
    op.drop_column("service_items", "requirements")
    op.drop_column("service_items", "price_market_cny")
    op.drop_column("service_items", "price_public_cny")
    op.drop_constraint(op.f("fk_catalog_versions_author_id_users"), "catalog_versions", type_="foreignkey")
    op.drop_column("catalog_versions", "withdrawn_by")
    op.drop_column("catalog_versions", "withdrawn_at")
    op.drop_column("catalog_versions", "author_name")
    op.drop_column("catalog_versions", "author_id")
    op.drop_column("catalog_versions", "reason")
    op.drop_column("catalog_versions", "valid_from")
    op.drop_index("ix_item_localisations_region_id", table_name="item_localisations")
    op.drop_table("item_localisations")
