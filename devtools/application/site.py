"""A small site in five languages on this machine: `/site/pricing` leads a reader of German to `/site/de/pricing`.

Served below `/site` by the local application, so no deployment has it. The gateway's route there has the languages, and
knows who reads which; a page is told nothing, and only says prices and dates in its own language, by `/geo.js`. The
switch is a list of links: that is all it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from devtools.application.function_url import HttpRequest, HttpResponse

SEGMENT = "site"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Words(NamedTuple):
    """What the pages say in one language."""

    name: str
    """Of the language, as its readers call it."""
    direction: str
    home: str
    pricing: str
    price: str
    day: str


TEXTS: Mapping[str, Words] = {
    "en": Words("English", "ltr", "Home", "Pricing", "A seat costs {} a month.", "This offer is as of {}."),
    "de": Words("Deutsch", "ltr", "Start", "Preise", "Ein Platz kostet {} im Monat.", "Das Angebot gilt am {}."),
    "fr": Words("Français", "ltr", "Accueil", "Tarifs", "Une place coûte {} par mois.", "Cette offre est du {}."),
    "ja": Words("日本語", "ltr", "ホーム", "料金", "1席あたり月額{}です。", "{}現在の価格です。"),
    "ar": Words("العربية", "rtl", "الرئيسية", "الأسعار", "تكلفة المقعد {} شهريًا.", "هذا العرض بتاريخ {}."),
}
"""Language, as it stands in paths -> what is said in it."""

PAGES = ("", "pricing")

CURRENT = ' aria-current="true"'

STYLE = """:root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
nav { display: flex; flex-wrap: wrap; gap: 1rem }
[aria-current] { font-weight: bold }
"""

SCRIPT = """const lang = document.documentElement.lang;
const { geo } = await import(`/geo.js?lang=${lang}`);
const { locale, price, date } = await geo();
for (const shown of document.querySelectorAll("[data-amount]")) shown.textContent = price(Number(shown.dataset.amount));
for (const shown of document.querySelectorAll("time")) shown.textContent = date(new Date(shown.dateTime));
document.documentElement.dataset.ready = locale.language;
"""


def site(request: HttpRequest) -> HttpResponse:
    """A page, its script or its style; 404 for everything else."""
    name = request.path.removeprefix(f"/{SEGMENT}").strip("/")
    if name == "page.js":
        return _answer(200, "text/javascript", SCRIPT)
    if name == "page.css":
        return _answer(200, "text/css", STYLE)
    language, _, page = name.partition("/")
    if language not in TEXTS or page not in PAGES:
        return _answer(404, "text/plain", "There is no such page.")
    return _answer(200, "text/html; charset=utf-8", _page(language, page))


def _page(language: str, page: str) -> str:
    words = TEXTS[language]
    title = words.pricing if page else words.home
    said = ""
    if page:
        amount = '<output data-amount="1234.5"></output>'
        day = '<time datetime="2026-01-31T12:00Z"></time>'
        said = f"<p>{words.price.format(amount)}</p><p>{words.day.format(day)}</p>"
    pages = "".join(
        f'<a href="/{SEGMENT}/{language}/{one}">{escape(words.pricing if one else words.home)}</a>' for one in PAGES
    )
    switch = "".join(
        f'<a lang="{one}" hreflang="{one}" dir="{other.direction}" href="/{SEGMENT}/{one}/{page}"'
        f"{CURRENT if one == language else ''}>{escape(other.name)}</a>"
        for one, other in TEXTS.items()
    )
    return f"""<!doctype html>
<html lang="{language}" dir="{words.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/{SEGMENT}/page.css">
<script type="module" src="/{SEGMENT}/page.js"></script>
</head>
<body>
<nav aria-label="{escape(title)}">{pages}</nav>
<main><h1>{escape(title)}</h1>{said}</main>
<nav id="languages" aria-label="Languages">{switch}</nav>
</body>
</html>
"""


def _answer(status: int, media_type: str, content: str) -> HttpResponse:
    headers = {
        "content-type": media_type,
        "cache-control": "max-age=60" if status == 200 else "no-store",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(status, headers, (), content.encode())
