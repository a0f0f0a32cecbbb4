"""The kinds of licences that an item may ask for, and who holds each: the store, or the worker who comes. Codes are for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class HeldBy(StrEnum):
    STORE = "store"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Licence:
    code: str
    name_zh: str
    name_en: str
    held_by: HeldBy


_STORE = (
    ("food_business", "食品经营许可", "Food business licence"),
    ("drug_business", "药品经营许可", "Drug business licence"),
    ("registered_locksmith", "公安备案开锁企业", "Locksmith registered with the police"),
    ("gas_appliance_service", "燃气具安装维修资质", "Gas appliance service qualification"),
    ("signed_store", "签约门店", "Contracted store"),
)
_WORKER = (
    ("housekeeper", "家政服务员", "Housekeeper"),
    ("health_certificate", "健康证", "Health certificate"),
    ("cleaning_skill", "清洗技能证", "Cleaning skill certificate"),
    ("plumber", "水暖工", "Plumber"),
    ("pipe_fitter", "管工证", "Pipe fitter certificate"),
    ("low_voltage_electrician", "低压电工作业证", "Low-voltage electrician permit"),
    ("drain_worker", "疏通工", "Drain worker"),
    ("appliance_repairer", "家电维修资格", "Appliance repair qualification"),
    ("fitter", "安装工", "Fitter"),
    ("licensed_pharmacist", "执业药师", "Licensed pharmacist"),
    ("real_name", "实名", "Verified identity"),
    ("real_name_authority", "实名授权书", "Written authority by name"),
    ("elder_carer", "养老护理员", "Elder carer"),
    ("bathing_training", "助浴培训", "Assisted bathing training"),
    ("haircut_skill", "理发技能", "Haircutting skill"),
    ("pedicurist", "修脚师", "Pedicurist"),
    ("escort_training", "陪诊培训", "Hospital escort training"),
    ("care_worker", "护工", "Care worker"),
    ("nursing_assistant", "护理员", "Nursing assistant"),
    ("registered_nurse", "护士执业证", "Nurse practising certificate"),
    ("volunteer", "志愿者", "Volunteer"),
    ("volunteer_training", "志愿者培训", "Volunteer training"),
    ("volunteer_team", "志愿者队", "Member of a volunteer team"),
    ("social_worker", "社工", "Social worker"),
    ("social_work_training", "社工培训", "Social work training"),
    ("social_worker_certificate", "社会工作者证", "Social worker certificate"),
    ("counsellor", "心理咨询师", "Psychological counsellor"),
    ("operator", "话务员", "Telephone operator"),
    ("emergency_operator", "应急话务员", "Emergency operator"),
    ("grid_worker", "网格员", "Grid worker"),
    ("emergency_responder", "应急员", "Emergency responder"),
    ("first_aider", "救护员证", "First aider certificate"),
)

LICENCES: Mapping[str, Licence] = {
    code: Licence(code, zh, en, held_by) for held_by, kinds in ((HeldBy.STORE, _STORE), (HeldBy.WORKER, _WORKER)) for code, zh, en in kinds
}
BY_NAME: Mapping[str, Licence] = {licence.name_zh: licence for licence in LICENCES.values()}
