"""The smallest voice there can be, as a process of its own that tests freeze and kill: claims a press, rings one telephone, bridges.

arguments: ARI address, user, password, application, telephone to ring, seconds between renewals of the guard, its length
"""

from __future__ import annotations

import asyncio
import sys

from callcenter.telephony.asterisk.ari import AriClient, AriError


async def main(base: str, user: str, password: str, app: str, telephone: str, renew: str, guard: str) -> None:
    waiting: dict[str, str] = {}  # channel of the press -> channel of the leg

    async def renewals() -> None:
        while True:
            await asyncio.sleep(float(renew))
            for press in list(waiting):
                try:
                    await ari.post(f"/channels/{press}/variable", variable="TIMEOUT(absolute)", value=guard)
                except AriError:
                    waiting.pop(press, None)

    async with AriClient(base, user, password, [app]) as ari:
        task = asyncio.create_task(renewals())
        async for event in ari.events():
            try:
                match event["type"]:
                    case "Connected":
                        print("connected", flush=True)
                    case "CallBroadcast":
                        await ari.post("/events/claim", channelId=event["channel"]["id"], application=app)
                    case "StasisStart" if event["args"] == ["press"]:
                        press = event["channel"]["id"]
                        waiting[press] = f"{press}-leg"
                        await ari.post(f"/channels/{press}/ring")
                        await ari.post(f"/channels/{press}-leg", endpoint=f"PJSIP/{telephone}", app=app, appArgs=f"leg,{press}")
                        print("rings", flush=True)
                    case "StasisStart" if event["args"][0] == "leg":
                        press = event["args"][1]
                        await ari.post(f"/bridges/{press}-talk", type="mixing")
                        await ari.post(f"/channels/{press}/answer")
                        await ari.post(f"/bridges/{press}-talk/addChannel", channel=f"{press},{press}-leg")
                        await ari.post(f"/channels/{press}/variable", variable="TIMEOUT(absolute)", value="0")
                        waiting.pop(press, None)
                        print("talks", flush=True)
                    case "StasisEnd" if not event["channel"]["id"].endswith("-leg"):
                        press = event["channel"]["id"]
                        waiting.pop(press, None)
                        await ari.delete(f"/channels/{press}-leg")
                        await ari.delete(f"/bridges/{press}-talk")
            except AriError as error:
                print(f"error {error}", flush=True)
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
