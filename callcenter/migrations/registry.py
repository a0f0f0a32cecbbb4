"""Every module with tables, imported so that the metadata is whole."""

import callcenter.accounts.models
import callcenter.calls.duty.models
import callcenter.calls.models
import callcenter.cases.models
import callcenter.catalog.models
import callcenter.centre.models
import callcenter.console.idempotency
import callcenter.elders.glass.models
import callcenter.elders.models
import callcenter.elders.records
import callcenter.handover.models
import callcenter.kit.lease
import callcenter.kit.outbox
import callcenter.knowledge.models
import callcenter.regions.models
from callcenter.kit.db import Base

metadata = Base.metadata
