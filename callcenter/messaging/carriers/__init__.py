"""The carriers that we speak with. Imported only where a process that sends is wired."""

from __future__ import annotations

from callcenter.kit.db import Database
from callcenter.messaging.carriers.console_log import ConsoleLog
from callcenter.messaging.carriers.http_gateway import HttpGateway
from callcenter.messaging.carriers.twilio import Twilio
from callcenter.messaging.carriers.web_push import WebPush
from callcenter.messaging.port import Carrier, Carriers, Channel
from callcenter.settings import Settings


def open_carriers(settings: Settings, database: Database) -> Carriers:
    found: dict[Channel, Carrier] = {}
    match settings.sms_carrier_in_force:
        case "console":
            found[Channel.SMS] = ConsoleLog(database)
        case "twilio":
            found[Channel.SMS] = Twilio(settings)
        case "gateway":
            found[Channel.SMS] = HttpGateway(settings)
        case "none":
            pass
    if settings.vapid_private_key.get_secret_value():
        found[Channel.PUSH] = WebPush(settings)
    return Carriers(found)
