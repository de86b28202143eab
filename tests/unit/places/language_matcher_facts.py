"""What CLDR's matcher and Go's answer, by the test data they publish: the oracle of the language matcher.

From CLDRLocaleMatcherTest.txt (copyright Unicode, Inc., Unicode License V3) and GoLocaleMatcherTest.txt (copyright The
Go Authors, BSD 3-Clause), as published with golang.org/x/text. Tags that name no language (`und`, `mul`, `x-bork`) can
be neither supported nor asked for here, so rows about them are left out, as are thresholds and the combined tags.
"""

from collections.abc import Iterator

AGREED = """
es-419,es-ES
  es-AR=es-419
es-ES,es-419
  es-AR=es-419
es-419,es
  es-AR=es-419 es-MX=es-419 es-SG=es
es,es-419
  es-AR=es-419
es-MX,es
  es-AR=es-MX
es,es-MX
  es-AR=es-MX
en-GB,en-US
  en-AU=en-GB
en-US,en-GB
  en-AU=en-GB
en-GB,en
  en-AU=en-GB
en,en-GB
  en-AU=en-GB
en-NZ,en-US
  en-AU=en-NZ
en-US,en-NZ
  en-AU=en-NZ
en-NZ,en
  en-AU=en-NZ
en,en-NZ
  en-AU=en-NZ
pt-PT,pt-BR
  pt-AO=pt-PT
pt-BR,pt-PT
  pt-AO=pt-PT
pt-PT,pt
  pt-AO=pt-PT
pt,pt-PT
  pt-AO=pt-PT pt-ES=pt-PT
zh-MO,zh-TW
  zh-HK=zh-MO
zh-TW,zh-MO
  zh-HK=zh-MO
zh-MO,zh-CN
  zh-HK=zh-MO
zh-CN,zh-MO
  zh-HK=zh-MO
zh-MO,zh
  zh-HK=zh-MO
zh,zh-MO
  zh-HK=zh-MO
zh-CN,zh-TW,iw
  zh-Hant-TW=zh-TW zh-Hant=zh-TW zh-TW=zh-TW zh-Hans-CN=zh-CN zh-CN=zh-CN zh=zh-CN zh-Hant-HK=zh-TW he-IT=iw
fr,en,en-GB,es-419,es-MX,es
  en-NZ=en-GB es-ES=es es-AR=es-419 es-MX=es-MX
en,hi
  sa=hi
fr,en-GB,en
  en-GB=en-GB en=en fr=fr ja=- en-US=en fr-FR=fr ja-JP=-
en,fil,ro,nn
  tl=fil mo=ro nb=nn ja=-
en,en-GB,es,es-419
  es-MX=es-419 en-AU=en-GB es-ES=es
zh,zh-TW,zh-MO
  zh-HK=zh-MO
zh,zh-TW,zh-HK
  zh-MO=zh-HK
fr,i-klingon,en-Latn-US
  en-GB-oed=en-Latn-US
fr,en-GB,ja,es-ES,es-MX
  ja,de=ja de,en-US=en-GB de,zh=- ja-JP,en-GB=ja ja-Jpan-JP,en-GB=ja
en,ja
  ja-Jpan-JP,en-AU=ja ja-JP,en-US=ja ja-Jpan-JP,en-US=ja
en,de,fr,ja
  de-CH,fr=de
fr,zh-Hans-CN,en-US
  zh-TW,en=en-US zh-Hant-CN,en,en=en-US zh-Hans,en=zh-Hans-CN zh-Hant-CN,en=en-US
it
  en=-
es-AR,es
  es-MX=es-AR
de-AT,de-DE,de-CH
  de=de-DE
af
  nl=-
en-GB,en,de,fr,ja
  de-CH,fr=de en-US,ar,nl,de,ja=en
pt-PT,pt-BR,es,es-419
  pt-PT,es,pt=pt-PT pt,es-419,pt-PT=pt-BR pt-US,pt-PT=pt-BR
pt-PT,pt,es,es-419
  pt-PT,es,pt=pt-PT pt,es-419,pt-PT=pt pt-US,pt-PT,pt=pt
pt-BR,es,es-419
  pt,es-419,pt-PT=pt-BR
fr,en,sv
  en-GB=en
en,sv
  en-GB,sv=en sv=sv
en-NZ,en-IT
  en-US=en-NZ
fr
  fr-BE-fonipa=fr
fr-CA
  fr-BE-fonipa=fr-CA
fr-fonupa
  fr-BE-fonipa=fr-fonupa
no
  nn-BE-fonipa=no nn-DK-fonipa=no
en-GB-u-sd-gbsct
  en-fonipa-u-nu-Arab-ca-buddhist-t-m0-iso-i0-pinyin=en-GB-u-sd-gbsct
en-PSCRACK,de-PSCRACK,fr-PSCRACK,pt-PT-PSCRACK
  fr-PSCRACK=fr-PSCRACK fr=fr-PSCRACK de-CH=de-PSCRACK
es,es-MA,es-MX,es-419
  es-AR=es-419 es-EA=es
es-MA,es,es-419,es-MX
  es-AR=es-419 es-EA=es
es,es-MA,es-MX
  es-AR=es-MX
es-MA,es,es-MX
  es-AR=es-MX
es-MA,es-MX,es-419
  es-EA=es-MA
es-MA,es-419,es-MX
  es-EA=es-MA
en,en-GU,en-IN,en-GB
  en-ZA=en-GB en-VI=en
en-GU,en,en-GB,en-IN
  en-ZA=en-GB en-VI=en
en,en-GU,en-IN
  en-ZA=en-IN
en-GU,en,en-IN
  en-ZA=en-IN
en-GU,en-IN,en-GB
  en-VI=en-GU
en-GU,en-GB,en-IN
  en-VI=en-GU
fr-CA-fonupa
  fr-BE-fonipa=fr-CA-fonupa
en,sr,nl
  sr-Latn=sr sh=sr hr=- bs=-
en,sh
  sr=sh sr-Cyrl=sh
en,sr-Latn
  hr=-
fil,tl,iw,he
  he-IT=he he=he fil-IT=fil fil=fil
en,nb
  nn=nb da=nb
en,nn
  da=-
en,no
  da=no
nn,en-GB
  no,en-US=en-GB nb,en-US=en-GB
nl,he,en-GB
  iw,en-US=he
nl,zh,en-GB,no
  cmn,en-US=zh nb,en-US=no
nl,fil,en-GB
  tl,en-US=fil
en,ro,mo,ro-MD
  ro=ro ro-MD=ro-MD
sr-Cyrl,sr-Latn,ro,ro-MD
  sh=sr-Latn
af,af-Latn,af-Arab
  af=af af-ZA=af af-Latn-ZA=af-Latn af-Latn=af-Latn
nl,nl-NL,nl-BE
  nl=nl nl-Latn=nl nl-Latn-NL=nl-NL nl-NL=nl-NL
nl,nl-Latn,nl-NL,nl-BE
  nl=nl nl-Latn=nl-Latn nl-NL=nl-NL nl-Latn-NL=nl-NL
en,fr,fr-CA,fr-CH
  fr-US=fr
en,en-GB,es-ES,es-419
  en-AU=en-GB es-MX=es-419 es-PT=es-ES
ja,ja-Jpan-US,ja-JP,en,ru
  ja-Jpan,ru=ja ja-JP,ru=ja-JP ja-US,ru=ja-Jpan-US
ja,ja-Jpan,ja-JP,en,ru
  ja-Jpan-JP,ru=ja-JP ja-Jpan,ru=ja-Jpan
en-GB,nl
  en,nl=en-GB
en,en-US,en-GB,es,es-419,pt,pt-BR,pt-PT,zh,zh-Hant,zh-Hant-HK
  en-150=en-GB en-AU=en-GB en-BE=en-GB en-GG=en-GB en-GI=en-GB en-HK=en-GB en-IE=en-GB en-IM=en-GB en-IN=en-GB
  en-JE=en-GB en-MT=en-GB en-NZ=en-GB en-PK=en-GB en-SG=en-GB en-DE=en-GB es-AR=es-419 es-BO=es-419 es-CL=es-419
  es-CO=es-419 es-CR=es-419 es-CU=es-419 es-DO=es-419 es-EC=es-419 es-GT=es-419 es-HN=es-419 es-MX=es-419
  es-NI=es-419 es-PA=es-419 es-PE=es-419 es-PR=es-419 es-PT=es es-PY=es-419 es-SV=es-419 es-US=es-419
  es-UY=es-419 es-VE=es-419 pt-AO=pt-PT pt-CV=pt-PT pt-GW=pt-PT pt-MO=pt-PT pt-MZ=pt-PT pt-ST=pt-PT pt-TL=pt-PT
en,de,sl-nedis
  de-FR-u-co-phonebk=de sl-nedis-u-cu-eur=sl-nedis sl-u-cu-eur=sl-nedis sl-HR-nedis-u-cu-eur=sl-nedis
  de-t-m0-iso-i0-pinyin=de
nl
  nl-BE-fonipa=nl
nl-CA
  nl-BE-fonipa=nl-CA
nl-fonupa
  nl-BE-fonipa=nl-fonupa
en-GB-u-sd-usca
  en-US-fonipa-u-nu-Arab-ca-buddhist-sd-usdc-t-m0-iso-i0-pinyin=en-GB-u-sd-usca
"""
"""Supported tags; below them what readers want, best first, and what they are served. "-": nothing."""

ARGUED = """
fr,zh-Hans-CN,en-US           zh-TW    zh-Hans-CN  -     a page in a script they do not read is no answer
fr,zh-Hans-CN,en-US           zh-Hant  zh-Hans-CN  -     a page in a script they do not read is no answer
en,sr,nl                      nl-Cyrl  sr          -     the same script is not the same language
fr,en,en-GB                   en-CA    en-GB       en    CLDR has put Canada with the American group since
en,sh                         hr       sh          -     CLDR has replaced sh by sr-Latn since
fil,tl,iw,he                  iw       iw          he    one language, so the code in use
fil,tl,iw,he                  tl       tl          fil   one language, so the code in use
en-GB,nl                      en,nl,en-GB  nl      en-GB  who reads English best is served English, whatever else
en,ro,mo,ro-MD                mo       mo          ro    one language, so the code in use
sr-Cyrl,sr-Latn,ro,ro-MD      mo       ro-MD       ro    CLDR has replaced mo by ro since
"""
"""Supported, wanted, what they answer, what we do, and why."""


def agreed() -> Iterator[tuple[str, str, str]]:
    """(supported, wanted, served) of every row."""
    supported = ""
    for line in AGREED.strip().splitlines():
        if not line.startswith(" "):
            supported = line
            continue
        for pair in line.split():
            wanted, _, served = pair.partition("=")
            yield supported, wanted, served


def argued() -> Iterator[tuple[str, str, str, str]]:
    """(supported, wanted, theirs, ours)."""
    for line in ARGUED.strip().splitlines():
        supported, wanted, theirs, ours, _ = line.split(maxsplit=4)
        yield supported, wanted, theirs, ours
