"""What a page in a browser must keep besides the rules axe knows: widths, spacing, icons, focus, one headline."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import Page

#: The rules of WCAG 2.0 to 2.2, levels A and AA, and what axe calls best practice.
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

STRUCTURE = """() => {
  const wrong = [];
  const heads = document.querySelectorAll("h1");
  if (heads.length !== 1) wrong.push(`${heads.length} h1`);
  if (document.querySelector('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])')) wrong.push("a positive tabindex");
  if (!document.title.includes(" - ")) wrong.push(`the title is only “${document.title}”`);
  for (const tag of document.querySelectorAll(".tag"))
    if (!tag.textContent.trim() || !tag.querySelector("svg")) wrong.push("a tag without a word or a shape");
  for (const field of document.querySelectorAll("input:not([type=hidden], [type=submit]), select, textarea")) {
    // A part that is folded shows its labels when it is opened.
    const folded = field.closest("details:not([open])");
    let words = [...(field.labels ?? [])].map((one) => (folded ? one.textContent : one.innerText).trim()).join("");
    // One of several parts of a time or an order: the group's legend is seen, its own part is said.
    if (!words && field.getAttribute("aria-label")) words = field.closest("fieldset")?.querySelector("legend")?.innerText.trim();
    if (!words) wrong.push(`no visible label: ${field.name}`);
  }
  for (const form of document.querySelectorAll("form"))
    if (form.method === "post" && !form.noValidate && form.querySelector("[required], [type=email]"))
      wrong.push("the browser would judge a form before we do");
  if (document.querySelector("[style], style, script:not([src])")) wrong.push("style or script inside the page");
  return wrong;
}"""

#: WCAG 1.4.12: what a reader may set for themselves.
SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-block-end: 2em !important; }");
  document.adoptedStyleSheets = [sheet];
  const cut = [...document.querySelectorAll("main *")].filter((one) => {
    const style = getComputedStyle(one);
    if (style.clipPath !== "none" || !one.childElementCount && !one.textContent.trim()) return false;
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    return hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
  });
  document.adoptedStyleSheets = [];
  return cut.map((one) => `cut by wider spacing: ${one.tagName}.${one.className}`);
}"""

WIDER = """() => {
  const named = (one) => one.closest("[role=region], .scroll");
  const over = [...document.querySelectorAll("body *")].filter((one) => !named(one)
    && getComputedStyle(one).clipPath === "none" && one.getBoundingClientRect().right > innerWidth + 1);
  return document.documentElement.scrollWidth > innerWidth ? over.slice(0, 3).map((one) => `${one.tagName}.${one.className}`) : [];
}"""


def structure(page: Page) -> list[str]:
    return page.evaluate(STRUCTURE)


def wider_spacing(page: Page) -> list[str]:
    return page.evaluate(SPACING)


def sideways(page: Page) -> list[str]:
    """What makes the page scroll sideways at its present width."""
    return [f"wider than the screen: {one}" for one in page.evaluate(WIDER)]


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """The contrast ratio of WCAG, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


ICONS = ".tag svg, .steps svg, .timeline .mark svg"
BOXES = """(icons) => icons.map((one) => {
  const box = one.getBoundingClientRect();
  return [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY, one.checkVisibility()];
})"""


def icons(page: Page, most: int = 12) -> list[str]:
    """Icons that do not stand out 3:1 from their ground: what axe cannot see, a tick that is black on black.

    One picture of the whole page shows nearly all of them; one that is not seen there (in a part that scrolls) is looked
    at by itself before it is called wrong.
    """
    found, wrong = page.locator(ICONS), []
    boxes = [box for box in enumerate(found.evaluate_all(BOXES)[:most]) if box[1][4] and box[1][2] - box[1][0] >= 4]
    if not boxes:
        return []
    whole = _picture(page.screenshot(full_page=True))
    for number, (left, top, right, bottom, _) in boxes:
        if _stands_out(whole.crop((int(left), int(top), int(right + 1), int(bottom + 1)))):
            continue
        icon = found.nth(number)
        if icon.is_visible() and not _stands_out(_picture(icon.screenshot())):
            wrong.append(f"an icon that cannot be seen: {icon.evaluate('e => e.parentElement.outerHTML')[:120]}")
    return wrong


def _picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def _stands_out(picture: Image.Image) -> bool:
    pixels = picture.width * picture.height
    count = {colour: n for n, colour in picture.getcolors(pixels) or ()}
    if not count:
        return False
    ground = max(count, key=count.__getitem__)
    strongest = max((contrast(ground, colour) for colour, n in count.items() if n >= 2), default=1.0)
    drawn = sum(n for colour, n in count.items() if contrast(ground, colour) >= 3)
    return strongest >= 3 and drawn >= max(4, pixels // 100)


def tabbing(page: Page, most: int = 80) -> list[str]:
    """Tabs through the page: every stop is on the screen, under nothing, and has a ring."""
    wrong, seen = [], 0
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
            const one = document.activeElement;
            if (!one || one === document.body) return null;
            const box = one.getBoundingClientRect();
            const [x, y] = [box.left + Math.min(box.width / 2, 20), box.top + box.height / 2];
            const top = document.elementFromPoint(x, y);
            const under = top && (one === top || one.contains(top) || top.contains(one) || [...(one.labels ?? [])].some((l) => l.contains(top)));
            const rings = (part) => { const style = getComputedStyle(part);
              return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none"; };
            const ring = [one, ...(one.labels ?? [])].some(rings);
            return { what: `${one.tagName} ${one.textContent.trim().slice(0, 30)}`, shown: box.bottom > 0 && box.top < innerHeight, under: !!under, ring };
        }"""
        )
        if found is None:
            break
        seen += 1
        if not found["shown"] or not found["under"]:
            wrong.append(f"focus that cannot be seen: {found['what']}")
        if not found["ring"]:
            wrong.append(f"focus without a ring: {found['what']}")
    if seen < 3:
        wrong.append("hardly anything can be reached by keyboard")
    return wrong
