"""What people decided about territories where CLDR is silent, or means something else than we ask.

CLDR counts who *can* speak a language; we ask which one a page for that place is written in. Every line here was
reviewed by a person and carries its reason; whoever changes one changes the reason. `territories.py` folds these
tables into the generated `src/places/territories.py`; nothing here ships in the Worker.

Kept out on purpose: places where a second official language is a minority's (CA-NB, ES-NC, IT-23, NL-FR), where it is
spoken but has no standing in law (EE-45, RO-HR), and disputed places (UA-43, GE-AB), which nobody here can settle.
"""

from typing import NamedTuple


class Review(NamedTuple):
    """One decision: `value` replaces what CLDR says for each of `codes` (space-separated)."""

    codes: str
    value: str
    reason: str


CURRENCIES: tuple[Review, ...] = (
    Review("AQ", "USD", "No state and no tender; the largest stations sell in US dollars."),
    Review("BT", "BTN INR", "The rupee is tender at par; prices are in ngultrum."),
    Review("LS", "LSL ZAR", "The rand is tender at par; prices are in maloti. CLDR lists by date of introduction."),
    Review("NA", "NAD ZAR", "The rand is tender at par; prices are in Namibian dollars."),
    Review("PA", "PAB USD", "The balboa is the unit of account, the US dollar the notes; both at par."),
    Review("ZW", "ZWG USD", "ZWG since 2024-04 is the national tender; the US dollar stays tender until 2030."),
)
"""Currencies, most used first. An uninhabited territory has its administering state's (CLDR: BV, GS, HM, TF, UM)."""

LANGUAGES: tuple[Review, ...] = (
    Review("AQ HM", "en", "Nobody lives there for good; the administering state's language, or the largest stations'."),
    Review("BV", "nb", "Uninhabited: Norway's language, in the written form Norway's own entry has."),
    Review(
        "CH", "de fr it|rm", "Federal Constitution art. 4 and 70; CLDR adds Swiss German, which is spoken, not written."
    ),
    Review("KZ", "kk ru", "Kazakh is the state language (constitution art. 7); CLDR orders by who can speak Russian."),
    Review("LI", "de", "Constitution art. 6; CLDR adds Alemannic, which is spoken, not written."),
    Review("NG", "en", "English alone is official in the federation; CLDR ranks Yoruba with it."),
    Review("NO SJ", "nb nn", "CLDR lists the macrolanguage `no` beside its two written forms."),
    Review("PG", "en tpi ho", "Government, press and schools write English; Tok Pisin is mostly spoken."),
    Review("PY", "es gn", "CLDR counts only monolingual speakers of Spanish, the language of government and press."),
    Review("SN", "fr wo|ff srr dyo", "French is the official language (constitution art. 1); Wolof is mostly spoken."),
    Review("UA", "uk", "Ukrainian is the only state language (constitution art. 10); CLDR adds Russian as de facto."),
    Review("UG", "en sw", "English is the language of government, courts and press; Swahili the second official one."),
)
"""National languages, first the one to answer in; after "|" those official in a part of the territory."""

EUROPEAN_UNION = Review(
    "AX GF GP MF MQ RE YT",
    "",
    "Part of the Union by TFEU art. 349 and 355 (outermost regions) and Protocol 2 (Åland), under codes of their own.",
)

REGION_LANGUAGES: tuple[Review, ...] = (
    Review("BA-SRP", "sr", "Constitution of Republika Srpska art. 7; about four in five speak Serbian."),
    Review("BE-BRU", "fr", "Bilingual by law; French is the language of about nine in ten."),
    Review("BE-VLG", "nl", "Constitution art. 4: the Dutch-language area."),
    Review(
        "BE-WAL", "fr", "Constitution art. 4: the French-language area, but for nine German-speaking municipalities."
    ),
    Review("CA-QC", "fr", "Charter of the French Language s. 1."),
    Review("CH-FR CH-VS", "fr", "French and German are official; two in three speak French."),
    Review("CH-GE CH-JU CH-NE CH-VD", "fr", "French is the canton's only official language."),
    Review("CH-TI", "it", "Italian is the canton's only official language."),
    Review("CM-NW CM-SW", "en", "The two English-speaking regions of a bilingual state (constitution art. 1)."),
    Review("ES-CT", "ca", "Statute of Autonomy art. 6: own language, normally used by the administration."),
    Review("ES-GA", "gl", "Statute of Autonomy art. 5: own language, spoken by most."),
    Review("ES-IB", "ca", "Statute of Autonomy art. 4: own language, normally used by the administration."),
    Review("ES-PV", "eu", "Statute of Autonomy art. 6: own language, co-official in the whole community."),
    Review("ES-VC", "ca-valencia", "Statute of Autonomy art. 6: Valencian, normally used by the administration."),
    Review("ET-AF", "aa", "Working language of the Afar state."),
    Review("ET-OR", "om", "Working language of the Oromia state."),
    Review("ET-SO", "so", "Working language of the Somali state."),
    Review("ET-TI", "ti", "Working language of the Tigray state."),
    Review("FI-01", "sv", "Act on the Autonomy of Åland s. 36: Swedish only."),
    Review(
        "IN-AP IN-TG IN-TS", "te", "Official language of the state (Telangana: TG until 2023, TS in some databases)."
    ),
    Review("IN-AR IN-ML IN-NL", "en", "English is the state's official language."),
    Review("IN-AS", "as", "Official language of the state."),
    Review("IN-GA", "kok", "Official language of the state."),
    Review("IN-GJ", "gu", "Official language of the state, and its first."),
    Review("IN-KA", "kn", "Official language of the state."),
    Review("IN-KL IN-LD", "ml", "Official language of Kerala, and spoken on Lakshadweep."),
    Review("IN-MH", "mr", "Official language of the state."),
    Review("IN-MN", "mni", "Official language of the state (Manipuri)."),
    Review("IN-MZ", "lus", "Official language of the state (Mizo)."),
    Review("IN-OD IN-OR", "or", "Official language of the state (OR until 2023)."),
    Review("IN-PB", "pa", "Official language of the state."),
    Review("IN-PY IN-TN", "ta", "Official language of Tamil Nadu and, for most of its people, of Puducherry."),
    Review("IN-SK", "ne", "An official language of the state and its lingua franca."),
    Review("IN-TR IN-WB", "bn", "Official language of the state, spoken by most."),
    Review("IQ-AR IQ-HA IQ-KR IQ-SU", "ckb", "Kurdistan Region (constitution art. 4); Dohuk writes another Kurdish."),
    Review("IT-BZ", "de", "Autonomy statute art. 99: German has the rank of Italian; two in three speak it."),
    Review("LK-4 LK-5", "ta", "Northern and Eastern Provinces: Tamil is the language of administration (art. 22)."),
    Review("MD-GA MD-SN", "ru", "Official in Gagauzia and on the left bank; the language most use there."),
    Review("RS-KM", "sq", "Where a database still files Kosovo under Serbia: Albanian, as XK."),
)
"""Regions that speak another language than their country's first. Keys are ISO 3166-2 codes of the first level, which
is what Cloudflare's `regionCode` holds (IT-BZ, of the second, is asked for often enough to answer)."""

STANDARDS_OF_THEIR_OWN = frozenset({"id"})
"""Languages that CLDR files under a macrolanguage although they are national standards beside it: a reader of
Indonesian reads Malay (ms) as one reads a near language, not as a variety of one's own."""
