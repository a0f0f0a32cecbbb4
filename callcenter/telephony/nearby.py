"""Whether the node of the PBX that stands here carries telephones: an api beside a dead Asterisk sends agents to the other half (docs/telephony.md)."""

from __future__ import annotations

import asyncio

import httpx

from callcenter.settings import PbxNode, Settings

PATIENCE = 1.0  # s


async def lacks_own_node(settings: Settings) -> str:
    """Why this half is not ready though its database answers: its node is away, and another is there. Empty: it is ready."""
    own = next((node for node in settings.nodes if node.name == settings.pbx_node), None)
    if own is None or await _answers(own):
        return ""
    others = await asyncio.gather(*(_answers(node) for node in settings.nodes if node is not own))
    return f"node {own.name} of the PBX does not answer" if any(others) else ""


async def _answers(node: PbxNode) -> bool:
    """Anything at all, also that a password is wanted."""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            await client.get(f"{node.ari_base}/ari/asterisk/ping")
    except httpx.HTTPError:
        return False
    return True
