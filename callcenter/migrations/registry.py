"""Every module with tables, imported so that the metadata is whole."""

import callcenter.accounts.models
import callcenter.calls.dialogs.models
import callcenter.calls.duty.models
import callcenter.calls.models
import callcenter.calls.recordings.models
import callcenter.calls.self_tests.models
import callcenter.cases.models
import callcenter.catalog.models
import callcenter.centre.models
import callcenter.console.idempotency
import callcenter.dispatch.access.models
import callcenter.dispatch.bills.models
import callcenter.dispatch.entitlements.models
import callcenter.dispatch.orders.models
import callcenter.dispatch.stores.models
import callcenter.elders.glass.models
import callcenter.elders.lacks.models
import callcenter.elders.models
import callcenter.elders.records
import callcenter.emergency.ladder.models
import callcenter.emergency.models
import callcenter.emergency.outside.models
import callcenter.emergency.protocols.models
import callcenter.handover.models
import callcenter.kit.lease
import callcenter.kit.outbox
import callcenter.knowledge.models
import callcenter.messaging.models
import callcenter.outreach.care.models
import callcenter.outreach.complaints.models
import callcenter.outreach.models
import callcenter.points.checks.models
import callcenter.points.earning.models
import callcenter.points.families.models
import callcenter.points.ledger.models
import callcenter.points.members.models
import callcenter.points.settlement.models
import callcenter.points.spending.models
import callcenter.points.volunteers.models
import callcenter.regions.models
import callcenter.reports.matching.models
import callcenter.reports.risk_sheet.models
import callcenter.telephony.twilio.models
from callcenter.kit.db import Base

metadata = Base.metadata
