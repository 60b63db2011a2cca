"""Draw the page's icons as PNG from frontend/src/icon.svg: `python scripts/make_icons.py`.

Run by hand when the drawing changes, and the pictures are kept: a build needs no browser.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

SOURCE = Path(__file__).parents[1] / "frontend" / "src"
# name, size, the drawing's part of it; what is not round-cornered fills the whole square, and is
# cut by the system: a maskable icon keeps its drawing within the middle 80 %.
ICONS = (
    ("icon-192.png", 192, 1.0, False),
    ("icon-512.png", 512, 1.0, False),
    ("icon-maskable-512.png", 512, 0.78, True),
    ("apple-touch-icon.png", 180, 0.9, True),
)


def main() -> None:
    drawing = (SOURCE / "icon.svg").read_text("utf-8")
    ground = drawing.split('fill="', 1)[1].split('"', 1)[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, part, filled in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;"
                f"background:{ground if filled else 'transparent'}}}svg{{width:{part:.0%}}}</style>{drawing}"
            )
            page.screenshot(path=SOURCE / "install" / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
