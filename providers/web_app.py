"""The built app's files. Every path that is no file is the app's own (its pages are in the browser)."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

WEB = Path(__file__).parent / "web" / "dist"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # names hold the content's hash
ALWAYS_ASK = {"Cache-Control": "no-cache"}
TYPES = {
    ".webmanifest": "application/manifest+json",
    ".js": "text/javascript",
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def built_file(path: str) -> Path | None:
    try:
        file = (WEB / path).resolve()
        return file if file.is_relative_to(WEB.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name too long for a file, or with a NUL
        return None


def add_web(app: FastAPI) -> None:
    @app.get("/{path:path}", include_in_schema=False)
    async def web(path: str) -> Response:
        if path.startswith("api/"):
            return JSONResponse({"error": {"code": "not_found", "message": "no such path", "details": {}}}, status_code=404)
        if path and (file := built_file(path)) is not None:
            return FileResponse(file, media_type=TYPES.get(file.suffix), headers=FOR_EVER if path.startswith("assets/") else ALWAYS_ASK)
        if not (WEB / "index.html").is_file():
            return PlainTextResponse(
                "the stores' app is not built: `make run` builds it (providers/web: npm ci && npm run build)", status_code=503
            )
        return FileResponse(WEB / "index.html", headers=ALWAYS_ASK)
