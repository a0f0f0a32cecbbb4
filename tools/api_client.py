"""The web app's view of the server: agents_ui/openapi.json and the TypeScript types made from it.

python tools/api_client.py           write both anew
python tools/api_client.py --check   say whether they are in step with the server; write nothing
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "agents_ui"
OPENAPI = WEB / "openapi.json"
TYPES = WEB / "src" / "api" / "schema.d.ts"


def described_by_server() -> str:
    """Keys sorted, so that a diff shows changes of the interface only."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("callcenter")), "openapi"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"callcenter openapi failed:\n{done.stderr.strip()[-2000:]}")
    return json.dumps(json.loads(done.stdout), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def types_of(openapi: str, folder: Path) -> str:
    source, target = folder / "openapi.json", folder / "schema.d.ts"
    source.write_text(openapi, encoding="utf-8")
    argv = ["npx", "--no-install", "openapi-typescript", str(source), "--output", str(target), "--alphabetize"]
    done = subprocess.run(argv, cwd=WEB, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"openapi-typescript failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return target.read_text(encoding="utf-8")


def differences(old: Path, new: str) -> list[str]:
    before = old.read_text(encoding="utf-8").splitlines() if old.exists() else []
    name = str(old.relative_to(ROOT))
    return list(difflib.unified_diff(before, new.splitlines(), f"{name} (here)", f"{name} (of the server)", lineterm="", n=1))


def main() -> int:
    openapi = described_by_server()
    with tempfile.TemporaryDirectory() as folder:
        types = types_of(openapi, Path(folder))
    if "--check" not in sys.argv[1:]:
        OPENAPI.write_text(openapi, encoding="utf-8")
        TYPES.parent.mkdir(parents=True, exist_ok=True)
        TYPES.write_text(types, encoding="utf-8")
        return 0
    found = differences(OPENAPI, openapi) + differences(TYPES, types)
    if found:
        print("\n".join(found[:60]))
        print("the web app's API client is out of step with the server: make api-client")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
