"""How a place and a language write and count. Generated; do not edit.

By `python -m devtools formats` from CLDR 48.2.0 (npm packages cldr-core and cldr-numbers-full). Each table is one
string that is taken apart when somebody first asks: `formats.py` reads them.

Data: copyright Unicode, Inc., under the Unicode License V3 (https://www.unicode.org/license.txt).
"""

from typing import Final

PLACES: Final = """
AD 1 67 metric celsius A4 H gregory 376
AE 1 67 metric celsius A4 h gregory 971
AF 6 45 metric celsius A4 H persian 93
AG 7 67 metric celsius A4 h gregory 1
AI 1 67 metric celsius A4 H gregory 1
AL 1 67 metric celsius A4 h gregory 355
AM 1 67 metric celsius A4 H gregory 374
AO 1 67 metric celsius A4 H gregory 244
AQ 1 67 metric celsius A4 H gregory 672
AR 1 67 metric celsius A4 h gregory 54
AS 7 67 metric celsius A4 h gregory 1
AT 1 67 metric celsius A4 H gregory 43
AU 1 67 metric celsius A4 h gregory 61
AW 1 67 metric celsius A4 H gregory 297
AX 1 67 metric celsius A4 H gregory 358
AZ 1 67 metric celsius A4 H gregory 994
BA 1 67 metric celsius A4 H gregory 387
BB 1 67 metric celsius A4 h gregory 1
BD 7 67 metric celsius A4 h gregory 880
BE 1 67 metric celsius A4 H gregory 32
BF 1 67 metric celsius A4 H gregory 226
BG 1 67 metric celsius A4 H gregory 359
BH 6 56 metric celsius A4 h gregory 973
BI 1 67 metric celsius A4 H gregory 257
BJ 1 67 metric celsius A4 H gregory 229
BL 1 67 metric celsius A4 H gregory 590
BM 1 67 metric celsius A4 h gregory 1
BN 1 67 metric celsius A4 h gregory 673
BO 1 67 metric celsius A4 h gregory 591
BQ 1 67 metric celsius A4 H gregory 599
BR 7 67 metric celsius A4 H gregory 55
BS 7 67 metric fahrenheit A4 h gregory 1
BT 7 67 metric celsius A4 h gregory 975
BV 1 67 metric celsius A4 H gregory 47
BW 7 67 metric celsius A4 H gregory 267
BY 1 67 metric celsius A4 H gregory 375
BZ 7 67 metric fahrenheit US-Letter H gregory 501
CA 7 67 metric celsius US-Letter h gregory 1
CC 1 67 metric celsius A4 H gregory 61
CD 1 67 metric celsius A4 H gregory 243
CF 1 67 metric celsius A4 H gregory 236
CG 1 67 metric celsius A4 H gregory 242
CH 1 67 metric celsius A4 H gregory 41
CI 1 67 metric celsius A4 H gregory 225
CK 1 67 metric celsius A4 H gregory 682
CL 1 67 metric celsius US-Letter h gregory 56
CM 1 67 metric celsius A4 H gregory 237
CN 1 67 metric celsius A4 H gregory 86
CO 7 67 metric celsius US-Letter h gregory 57
CR 1 67 metric celsius US-Letter h gregory 506
CU 1 67 metric celsius A4 h gregory 53
CV 1 67 metric celsius A4 H gregory 238
CW 1 67 metric celsius A4 H gregory 599
CX 1 67 metric celsius A4 H gregory 61
CY 1 67 metric celsius A4 h gregory 357
CZ 1 67 metric celsius A4 H gregory 420
DE 1 67 metric celsius A4 H gregory 49
DJ 6 67 metric celsius A4 h gregory 253
DK 1 67 metric celsius A4 H gregory 45
DM 7 67 metric celsius A4 h gregory 1
DO 7 67 metric celsius A4 h gregory 1
DZ 6 56 metric celsius A4 h gregory 213
EC 1 67 metric celsius A4 h gregory 593
EE 1 67 metric celsius A4 H gregory 372
EG 6 56 metric celsius A4 h gregory 20
EH 1 67 metric celsius A4 h gregory 212
ER 1 67 metric celsius A4 h gregory 291
ES 1 67 metric celsius A4 H gregory 34
ET 7 67 metric celsius A4 h gregory 251
FI 1 67 metric celsius A4 H gregory 358
FJ 1 67 metric celsius A4 h gregory 679
FK 1 67 metric celsius A4 H gregory 500
FM 1 67 metric celsius A4 h gregory 691
FO 1 67 metric celsius A4 H gregory 298
FR 1 67 metric celsius A4 H gregory 33
GA 1 67 metric celsius A4 H gregory 241
GB 1 67 uksystem celsius A4 H gregory 44
GD 1 67 metric celsius A4 h gregory 1
GE 1 67 metric celsius A4 H gregory 995
GF 1 67 metric celsius A4 H gregory 594
GG 1 67 metric celsius A4 H gregory 44
GH 1 67 metric celsius A4 h gregory 233
GI 1 67 metric celsius A4 H gregory 350
GL 1 67 metric celsius A4 H gregory 299
GM 1 67 metric celsius A4 h gregory 220
GN 1 67 metric celsius A4 H gregory 224
GP 1 67 metric celsius A4 H gregory 590
GQ 1 67 metric celsius A4 H gregory 240
GR 1 67 metric celsius A4 h gregory 30
GS 1 67 metric celsius A4 H gregory 500
GT 7 67 metric celsius US-Letter h gregory 502
GU 7 67 metric celsius A4 h gregory 1
GW 1 67 metric celsius A4 H gregory 245
GY 1 67 metric celsius A4 h gregory 592
HK 7 67 metric celsius A4 h gregory 852
HM 1 67 metric celsius A4 H gregory 672
HN 7 67 metric celsius A4 h gregory 504
HR 1 67 metric celsius A4 H gregory 385
HT 1 67 metric celsius A4 H gregory 509
HU 1 67 metric celsius A4 H gregory 36
ID 7 67 metric celsius A4 H gregory 62
IE 1 67 metric celsius A4 H gregory 353
IL 7 56 metric celsius A4 H gregory 972
IM 1 67 metric celsius A4 H gregory 44
IN 7 7 metric celsius A4 h gregory 91
IO 1 67 metric celsius A4 H gregory 246
IQ 6 56 metric celsius A4 h gregory 964
IR 6 5 metric celsius A4 H persian 98
IS 7 67 metric celsius A4 H gregory 354
IT 1 67 metric celsius A4 H gregory 39
JE 1 67 metric celsius A4 H gregory 44
JM 7 67 metric celsius A4 h gregory 1
JO 6 56 metric celsius A4 h gregory 962
JP 7 67 metric celsius A4 H gregory 81
KE 7 67 metric celsius A4 H gregory 254
KG 1 67 metric celsius A4 H gregory 996
KH 7 67 metric celsius A4 h gregory 855
KI 1 67 metric celsius A4 h gregory 686
KM 1 67 metric celsius A4 H gregory 269
KN 1 67 metric celsius A4 h gregory 1
KP 1 67 metric celsius A4 h gregory 850
KR 7 67 metric celsius A4 h gregory 82
KW 6 56 metric celsius A4 h gregory 965
KY 1 67 metric fahrenheit A4 h gregory 1
KZ 1 67 metric celsius A4 H gregory 7
LA 7 67 metric celsius A4 H gregory 856
LB 1 67 metric celsius A4 h gregory 961
LC 1 67 metric celsius A4 h gregory 1
LI 1 67 metric celsius A4 H gregory 423
LK 1 67 metric celsius A4 H gregory 94
LR 1 67 ussystem celsius A4 h gregory 231
LS 1 67 metric celsius A4 h gregory 266
LT 1 67 metric celsius A4 H gregory 370
LU 1 67 metric celsius A4 H gregory 352
LV 1 67 metric celsius A4 H gregory 371
LY 6 56 metric celsius A4 h gregory 218
MA 1 67 metric celsius A4 H gregory 212
MC 1 67 metric celsius A4 H gregory 377
MD 1 67 metric celsius A4 H gregory 373
ME 1 67 metric celsius A4 H gregory 382
MF 1 67 metric celsius A4 H gregory 590
MG 1 67 metric celsius A4 H gregory 261
MH 7 67 metric celsius A4 h gregory 692
MK 1 67 metric celsius A4 H gregory 389
ML 1 67 metric celsius A4 H gregory 223
MM 7 67 uksystem celsius A4 H gregory 95
MN 1 67 metric celsius A4 H gregory 976
MO 7 67 metric celsius A4 h gregory 853
MP 1 67 metric celsius A4 h gregory 1
MQ 1 67 metric celsius A4 H gregory 596
MR 1 67 metric celsius A4 h gregory 222
MS 1 67 metric celsius A4 H gregory 1
MT 7 67 metric celsius A4 H gregory 356
MU 1 67 metric celsius A4 H gregory 230
MV 5 67 metric celsius A4 H gregory 960
MW 1 67 metric celsius A4 h gregory 265
MX 7 67 metric celsius US-Letter h gregory 52
MY 1 67 metric celsius A4 h gregory 60
MZ 7 67 metric celsius A4 H gregory 258
NA 1 67 metric celsius A4 h gregory 264
NC 1 67 metric celsius A4 H gregory 687
NE 1 67 metric celsius A4 H gregory 227
NF 1 67 metric celsius A4 H gregory 672
NG 1 67 metric celsius A4 H gregory 234
NI 7 67 metric celsius US-Letter h gregory 505
NL 1 67 metric celsius A4 H gregory 31
NO 1 67 metric celsius A4 H gregory 47
NP 7 67 metric celsius A4 H gregory 977
NR 1 67 metric celsius A4 H gregory 674
NU 1 67 metric celsius A4 H gregory 683
NZ 1 67 metric celsius A4 h gregory 64
OM 6 56 metric celsius A4 h gregory 968
PA 7 67 metric celsius US-Letter h gregory 507
PE 7 67 metric celsius A4 h gregory 51
PF 1 67 metric celsius A4 H gregory 689
PG 1 67 metric celsius A4 h gregory 675
PH 7 67 metric celsius US-Letter h gregory 63
PK 7 67 metric celsius A4 h gregory 92
PL 1 67 metric celsius A4 H gregory 48
PM 1 67 metric celsius A4 H gregory 508
PN 1 67 metric celsius A4 H gregory 64
PR 7 67 metric fahrenheit US-Letter h gregory 1
PS 1 67 metric celsius A4 h gregory 970
PT 7 67 metric celsius A4 H gregory 351
PW 1 67 metric fahrenheit A4 h gregory 680
PY 7 67 metric celsius A4 h gregory 595
QA 6 56 metric celsius A4 h gregory 974
RE 1 67 metric celsius A4 H gregory 262
RO 1 67 metric celsius A4 H gregory 40
RS 1 67 metric celsius A4 H gregory 381
RU 1 67 metric celsius A4 H gregory 7
RW 1 67 metric celsius A4 H gregory 250
SA 7 56 metric celsius A4 h gregory 966
SB 1 67 metric celsius A4 h gregory 677
SC 1 67 metric celsius A4 H gregory 248
SD 6 56 metric celsius A4 h gregory 249
SE 1 67 metric celsius A4 H gregory 46
SG 7 67 metric celsius A4 h gregory 65
SH 1 67 metric celsius A4 H gregory 290
SI 1 67 metric celsius A4 H gregory 386
SJ 1 67 metric celsius A4 H gregory 47
SK 1 67 metric celsius A4 H gregory 421
SL 1 67 metric celsius A4 h gregory 232
SM 1 67 metric celsius A4 H gregory 378
SN 1 67 metric celsius A4 H gregory 221
SO 1 67 metric celsius A4 h gregory 252
SR 1 67 metric celsius A4 H gregory 597
SS 1 67 metric celsius A4 h gregory 211
ST 1 67 metric celsius A4 H gregory 239
SV 7 67 metric celsius US-Letter h gregory 503
SX 1 67 metric celsius A4 H gregory 1
SY 6 56 metric celsius A4 h gregory 963
SZ 1 67 metric celsius A4 h gregory 268
TC 1 67 metric celsius A4 h gregory 1
TD 1 67 metric celsius A4 h gregory 235
TF 1 67 metric celsius A4 H gregory 262
TG 1 67 metric celsius A4 H gregory 228
TH 7 67 metric celsius A4 H buddhist 66
TJ 1 67 metric celsius A4 H gregory 992
TK 1 67 metric celsius A4 H gregory 690
TL 1 67 metric celsius A4 H gregory 670
TM 1 67 metric celsius A4 H gregory 993
TN 1 67 metric celsius A4 h gregory 216
TO 1 67 metric celsius A4 h gregory 676
TR 1 67 metric celsius A4 H gregory 90
TT 7 67 metric celsius A4 h gregory 1
TV 1 67 metric celsius A4 H gregory 688
TW 7 67 metric celsius A4 h gregory 886
TZ 1 67 metric celsius A4 H gregory 255
UA 1 67 metric celsius A4 H gregory 380
UG 1 7 metric celsius A4 H gregory 256
UM 7 67 metric celsius A4 h gregory 1
US 7 67 ussystem fahrenheit US-Letter h gregory 1
UY 1 67 metric celsius A4 h gregory 598
UZ 1 67 metric celsius A4 H gregory 998
VA 1 67 metric celsius A4 H gregory 39
VC 1 67 metric celsius A4 h gregory 1
VE 7 67 metric celsius US-Letter h gregory 58
VG 1 67 metric celsius A4 h gregory 1
VI 7 67 metric celsius A4 h gregory 1
VN 1 67 metric celsius A4 H gregory 84
VU 1 67 metric celsius A4 h gregory 678
WF 1 67 metric celsius A4 H gregory 681
WS 7 67 metric celsius A4 h gregory 685
XK 1 67 metric celsius A4 H gregory 383
YE 7 56 metric celsius A4 h gregory 967
YT 1 67 metric celsius A4 H gregory 262
ZA 7 67 metric celsius A4 H gregory 27
ZM 1 67 metric celsius A4 h gregory 260
ZW 7 67 metric celsius A4 H gregory 263
"""
"""ISO 3166-1 code -> first day, weekend, measures, temperature, paper, hours, calendar, calling code."""

HOURS: Final = """
fr-CA H
ku-SY H
"""
"""language-REGION -> hours, where they are not the territory's."""

SIGNS: Final = """
adlm . \u2e41 ff-Adlm
arab . \u066c sd
arab \u066b \u066c ar-BH ar-DJ ar-EG ar-ER ar-IL ar-IQ ar-JO ar-KM ar-KW ar-LB ar-MR ar-OM ar-PS ar-QA ar-SA ar-SD ar-SO
 ar-SS ar-SY ar-TD ar-YE ckb sdh
arabext \u066b \u066c az-Arab bgn fa ks lrc mzn pa-Arab ps ur-IN uz-Arab
beng . , as bn mni
cakm . , ccp
deva . , bgc bho mr ne raj sa sat-Deva
hmnp . , hnj mww
latn , ' fr-CH lmo wae
latn , . ar-DZ ar-LY ar-MA ar-TN ast az az-Cyrl bs bs-Cyrl ca da de dsb el en-AT en-BE en-DE en-DK en-ES en-ID en-IT
 en-NL en-PL en-RO en-SI es es-AR es-BO es-CL es-CO es-EC es-PY es-UY es-VE eu fo fr-LU fr-MA fur fy gl hr hsb ia id is
 it jgo jv kgp kkj kl ku lb lij lld ln lo lu mgh mk ms-Arab-BN ms-BN ms-ID mua nds nl nnh pms pt qu-BO rn ro rw sc scn
 seh sg sl sr sr-Latn su sw-CD tr vi vmw wo yrl
latn , \xa0 af agq bas be bg blo br bua cs cv de-AT dua dyo en-CZ en-EE en-FI en-HU en-LT en-LV en-NO en-PT en-SE en-SK
 en-UA en-ZA es-CR et ewo ff fi fr-CA ht hu hy ie ka kab kea kk ksf ksh ky lt lv nb nmg nn no nr oc os pl prg pt-PT ru
 sah se shi shi-Latn sk smn sq ss sv szl tg tk tok ts tt tzm uk uz uz-Cyrl ve yav zgh
latn , \u202f en-FR en-GE eo fr rm vec
latn . ' de-CH de-LI en-CH gsw it-CH tn
latn . , es-419 und
latn . \xa0 ba dje khq mfe ses twq tyv xh
mtei . , mni-Mtei
mymr . , my
nkoo . \u060c nqo
olck . , sat
tibt . , dz
"""
"""Numbering system, decimal and grouping sign, locales that have them."""

SYMBOLS: Final = """
AED AED=und|\u062f.\u0625.\u200f=ar|\u07ca\u07d0\u07d8=nqo|\u090f.\u0907.\u0926\u093f=brx
AFN AFN=und|AWGA=bal-Latn|\u060b=bgn fa ps uz-Arab|\u07ca\u07dd\u07ca=nqo
ALL ALBL=bal-Latn|ALL=und|Lek\xeb=sq|\u07ca\u07df\u07df=nqo|\u0905\u0932=brx
AMD AMD=und|ARMD=bal-Latn|\u058f=hy|\u07ca\u07e1\u07d8=nqo|\u090f.\u090f\u092e.\u0926\u093f=brx
AOA ANGK=bal-Latn|AOA=und|Kz=ln-AO pt-AO|\u07ca\u07f2\u07dc\u07ed\u07ce=nqo|\u090f.\u0905.\u090f=brx
ARS $=es-AR|$AR=fr ht|ARJP=bal-Latn|ARS=fr-CA und|\u07ca\u07d6\u07ed\u07d4=nqo|\u090f.\u0906\u0930.\u090f\u0938=brx
AUD $=en-AU en-CC en-CX en-KI en-NF en-NR en-TV|$A=br|$AU=fr ht|$\xa0AU=fr-CA|$\u07d0=nqo|A$=und|AU$=am ar ca cs da de
 dz ee et fy id kea kgp ko lb lv nl pt th tr vi yrl yue yue-Hans zh zh-Hant|AUD=bg bs dsb eo es fi hr hsb hu is ka ky lt
 mk nb nn no pl ro sk sl sr sr-Latn sv uk vec|AUD$=to
AWG
 ARBF=bal-Latn|AWG=und|Afl=my|Afl.=nl-AW|\u07ca\u07e5\u07d6\u07ed=nqo|\u090f.\u0926\u092c\u094d\u0932\u094d\u092f\u0941.\u091c\u093f=brx
AZN AZN=und|AZRM=bal-Latn|\u07ca\u07d6\u07e3=nqo|\u090f.\u091c\u0947\u0924.\u090f\u0928=brx|\u20bc=az az-Cyrl
BAM BAM=und|BHBM=bal-Latn|KM=bs hr-BA sr-Latn|\u041a\u041c=bs-Cyrl
 sr|\u07d3\u07cd\u07e1=nqo|\u092c\u093f.\u090f.\u090f\u092e=brx
BBD
 $=en-BB|BBD=und|BBG=qu|BRBD=bal-Latn|Bds$=sv|DBB=so|\u07d3\u07d3\u07d8=nqo|\u092c\u093f.\u092c\u093f.\u0926\u093f=brx
BDT BDT=und|BGDT=bal-Latn|\u07d3\u07d8\u07d5=nqo|\u09f3=bn ccp
BHD BHD=und|\u062f.\u0628.\u200f=ar|\u07d3\u07e4\u07d8=nqo|\u092c\u093f.\u0910\u0924\u094d\u0938.\u0926\u093f=brx
BIF BIF=und|BRDF=bal-Latn|FBu=en-BI fr-BI rn|\u07d3\u07d9\u07dd=nqo|\u092c\u093f.\u0906\u0907.\u090f\u092b=brx
BMD $=en-BM|$BM=fr ht|BM$=sv|BMD=fr-CA
 und|BRMD=bal-Latn|DBM=qu|\u07d3\u07e1\u07d8=nqo|\u092c\u093f.\u090f\u092e.\u0921\u093f=brx
BND $=ms-Arab-BN ms-BN|$BN=fr ht|BND=fr-CA und|BRND=bal-Latn|\u07d3\u07e3\u07d8=nqo
BOB BLWB=bal-Latn|BOB=und|BUB=yrl|Bs=es-BO qu-BO|\u07d3\u07cf\u07d3=nqo|\u092c\u093f.\u0905.\u092c\u093f=brx
BRL BR$=sv|BRL=be bg br bs ca en-AU eo es fi hr hu is it ky lt nb nn no ro sk sl sq uk vec|R$=es-BR und
BSD $=en-BS|BHMD=bal-Latn|BS$=sv|BSD=und|\u07d3\u07db\u07d8=nqo|\u092c\u093f.\u090f\u0938.\u0926\u093f=brx
BTN BTN=und|BTNN=bal-Latn|Nu.=dz|\u07d3\u07d5\u07d2=nqo
BWP BTSP=bal-Latn|BWP=und|P=en-BW
 tn-BW|\u07d3\u07e5\u07d4=nqo|\u092c\u093f.\u0926\u092c\u094d\u0932\u094d\u092f\u0941.\u092a\u093f=brx
BYN BLRR=bal-Latn|BYN=und|Br=be ru-BY|\u07d3\u07cc\u07d9=nqo|\u092c\u093f.\u0935\u093e\u0908.\u090f\u0928=brx
BZD $=en-BZ es-BZ|$BZ=fr ht|BLZD=bal-Latn|BZ$=sv|BZD=fr-CA und|DBZ=qu|\u092c\u093f.\u091c\u0947\u0926.\u0921\u093f=brx
CAD $=en-CA fr-CA|$CA=br fa fr ht qu|C$=fy nl|CA$=und|CAD=af be bg bs ca en-AU eo es fi hr hu is ky lt ms nb nn no pl ro
 sk sl uk vec|KA$=pcm|KN$=bal-Latn|\u0938\u093f.\u090f $=brx
CDF CDF=und|FC=fr-CD ln lu sw-CD|KNGF=bal-Latn|\u07de\u07dd=nqo|\u0938\u093f.\u0926\u093f.\u090f\u092b=brx
CHF CHF=und|SWZF=bal-Latn|\u07db\u07e5\u07dd=nqo|\u0938\u093f.\u0910\u0924\u094d\u0938.\u090f\u092b=brx
CLP $=es-CL|$CL=fr ht|CLP=fr-CA und|\u07db\u07df\u07d4=nqo|\u0938\u093f.\u090f\u0932.\u092a\u093f=brx
CNY CHNY=bal-Latn|CNY=bg br bs ca en-AU eo es fi fr hr ht hu ka lt mk nb nn no pl ro sk sv ti uk vec|CN\xa5=bo-IN fr-CA
 und zh-HK zh-MO zh-SG|\xa5=bo ii
 zh|\xa5CN=fa|\u07db\u07e3\u07e6=nqo|\u0938\u093f\u090f\u0928\xa5=brx|\u200eCN\xa5\u200e=he|\u5143=ja|\uffe5=ug
COP $=es-CO yrl|$CO=fr ht|COP=fr-CA und|KLBP=bal-Latn|\u07de\u07d0\u07d4=nqo|\u0938\u093f.\u0905.\u092a\u093f=brx
CRC CRC=und|KRK=bal-Latn|\u07de\u07d9\u07de=nqo|\u0938\u093f.\u0906\u0930.\u0938\u093f=brx|\u20a1=es-CR
CUP $=es-CU|CBAP=bal-Latn|CUP=und|\u07de\u07ce\u07f3\u07d4=nqo|\u0938\u093f.\u0907\u0909.\u092a\u093f=brx
CVE CVE=und|KWRE=bal-Latn|\u07cd\u07db\u07de=nqo|\u0938\u093f.\u092d\u093f.\u0907=brx|\u200b=kea pt-CV
CZK
 CHKK=bal-Latn|CZK=und|K\u010d=cs|\u041a\u0447=bs-Cyrl|\u07d7\u07de\u07de=nqo|\u0938\u093f.\u091c\u0947\u0926.\u0915\u0947=brx
DJF DJBF=bal-Latn|DJF=und|Fdj=aa-DJ ar-DJ fr-DJ so-DJ|\u07d6\u07d3\u07dd=nqo|\u0926\u093f.\u091c\u0947.\u090f\u092b=brx
DKK DKK=und|DNMK=bal-Latn|Dkr=se sv|kr=fo|kr.=da en-DK fo-DK
 kl|\u07d8\u07de\u07de=nqo|\u0926\u093f.\u0915\u0947.\u0915\u0947=brx
DOP DOMP=bal-Latn|DOP=und|RD$=es-DO sv|\u07d8\u07cf\u07d4=nqo|\u0921\u093f.\u0905.\u092a\u093f=brx
DZD ALJD=bal-Latn|DA=fr-DZ
 kab|DZD=und|\u062f.\u062c.\u200f=ar|\u07ca\u07df\u07d8=nqo|\u0926\u093f.\u091c\u0947\u0924.\u0926\u093f=brx
EGP
 EGP=und|EGPP=wo|EG\xa3=sv|MSRP=bal-Latn|\u062c.\u0645.\u200f=ar|\u07e1\u07db\u07d4=nqo|\u0908.\u091c\u093f.\u092a\u093f=brx
ERN ERN=und|ERTN=bal-Latn|Nfk=aa-ER ar-ER byn en-ER gez-ER ssy ti-ER
 tig|\u07cb\u07d9\u07dd=nqo|\u0907.\u0906\u0930.\u090f\u0928=brx
ETB Br=aa om sid so-ET ti
 wal|ETB=und|ETPB=bal-Latn|\u07cb\u07d7\u07d3=nqo|\u0907.\u0924\u093f.\u092c\u093f=brx|\u1265\u122d=am
EUR EUR=de-CH de-LI en-AU es-419 hu is ro tk uk vec|\u20ac=und
FJD $=en-FJ|$ \u07dd\u07d6=nqo|$FJ=fr ht|FJ$=fy nl|FJC=kgp|FJD=fr-CA und
FKP FKP=fr-CA und|\xa3=en-FK|\xa3FK=fr ht|\u07dd\u07de\u07d4=nqo|\u090f\u092b.\u0915\u0947.\u092a\u093f=brx
GBP BRTP=bal-Latn|GBP=bg bs en-AU eo es hr hu is ky lt mk nn pl ro sk sl sv tk uk vec|GB\xa3=ar-SS en-FK en-GI en-MT
 en-SH en-SS nus|UK\xa3=ar|\xa3=fr-CA und|\xa3 RU=br|\xa3GB=fr ht
GEL GEL=os-RU und|JRJL=bal-Latn|\u07d6\u07ed\u07d0\u07df=nqo|\u091c\u093f.\u0907.\u090f\u0932=brx|\u20be=en-GE ka os
GHS GHS=und|GHS.=wo|GH\u20b5=ak ee en-GH ff-Adlm-GH ff-GH
 ha-GH|GNAS=bal-Latn|\u07dc\u07ed\u07db\u07d8=nqo|\u091c\u093f.\u0910\u0924\u094d\u0938.\u090f\u0938=brx
GIP GBRP=bal-Latn|GIIP=wo|GIP=fr-CA und|\xa3=en-GI|\xa3GI=fr
 ht|\u07d6\u07ed\u07d3\u07d4\xa3=nqo|\u091c\u093f.\u0906\u0907.\u092a\u093f=brx
GMD D=en-GM ff-Adlm-GM
 ff-GM|GMBD=bal-Latn|GMD=und|\u07dc\u07ed\u07d3\u07d8=nqo|\u091c\u093f.\u090f\u092e.\u0926\u093f=brx
GNF FG=ff-Adlm ff-GN fr-GN kpe-GN|GNF=ff-Adlm-BF ff-Adlm-CM ff-Adlm-GH ff-Adlm-GM ff-Adlm-GW ff-Adlm-LR ff-Adlm-MR
 ff-Adlm-NE ff-Adlm-NG ff-Adlm-SL ff-Adlm-SN und|GWNF=bal-Latn|\u07ff=nqo|\u091c\u093f.\u090f\u0928.\u090f\u092b=brx
GTQ GT Q=wo|GTMK=bal-Latn|GTQ=und|Q=es-GT
 quc|\u07dc\u07ed\u07d5\u07de=nqo|\u091c\u093f.\u0924\u093f.\u0915\u093f\u0909=brx
GYD $=en-GY|GYD=und|\u07dc\u07ed\u07ce\u07f3\u07d8=nqo|\u091c\u093f.\u0935\u093e\u0908.\u0926\u093f=brx
HKD $ HK=br|$HK=fa|$\xa0HK=fr-CA|HGKD=bal-Latn|HK$=und|HKD=bg bs en-AU eo es fi fr hr ht hu it ka ky lt mk nb nn no pl
 ro sk sv uk vec|\u07e4\u07de\u07d8=nqo|\u0910\u0924\u094d\u0938.\u0915\u0947$=brx
HNL HNDL=bal-Latn|HNL=und|L=es-HN|\u07e4\u07d8\u07df=nqo|\u0910\u0924\u094d\u0938.\u090f\u0928.\u090f\u0932=brx
HTG G=fr-HT ht
 my|HTG=und|HTNG=bal-Latn|\u07e4\u07d5\u07dc\u07ed=nqo|\u0910\u0924\u094d\u0938.\u0924\u093f.\u091c\u093f=brx
HUF Ft=hu|HGRF=bal-Latn|HUF=und|\u07e4\u07dc\u07ed\u07dd=nqo|\u0910\u0924\u094d\u0938.\u0907\u0909.\u090f\u092b=brx
IDR ENDR=bal-Latn|IDR=und|Rp=en-ID id jv ms-ID su|\u07cd\u07f2\u07d8\u07d9=nqo
ILS ILS=bg br bs cs dz en-AU eo es fi fr-CA hr hu ka ky lt mk nb nn no pl ro uk vec|NIS=sk|\u20aa=und
INR HNDR=bal-Latn|INR=bg cs en-AU eo es fi fr-CA hr hu is it ka ky lt mk nb nn no pl ro sk sv uk vec|Rs=id|\u20b9=und
IQD IQD=und|Irak dinaa=ak|\u062f.\u0639.\u200f=ar ckb
 lrc|\u07cc\u07de\u07d8=nqo|\u0906\u0907.\u0915\u093f\u0909.\u0926\u093f=brx
IRR ERNR=bal-Latn|IRR=und|\u0631.\u0625.=ar|\u0631\u06cc\u0627\u0644=bgn fa|\u07cc\u07d9\u07d9=nqo
ISK ISK=und|ISLK=bal-Latn|Ikr=sv|kr.=is|\u07cc\u07db\u07de=nqo|\u0906\u0908.\u090f\u0938.\u0915\u0947=brx
JMD $=en-JM|JM$=sv|JMD=und|JMKD=bal-Latn|\u07d6\u07e1\u07d8=nqo|\u091c\u0947.\u090f\u092e.\u0926\u093f=brx
JOD JOD=und|\u062f.\u0623.\u200f=apc ar|\u07d6\u07d0\u07d8=nqo|\u091c\u0947.\u0905.\u0926\u093f=brx
JPY JPY=bg br en-AU eo es fr hr ht it ka lt mk nb nn no pl ro sk sv ti vec|JP\xa5=en-001 en-CA und|\xa5=ast bal-Latn be
 bs bs-Cyrl ca de doi dsb en es-US et fa fi fil fr-CA ga gsw ha he hsb hu ig ks lb lv mi ml or ru sd-Deva sl sr sr-Latn
 su ta th tr uk vi wae xh yue yue-Hans zh-Hant|\u07d7\u07ed\u07d4\u07e6=nqo|\uffe5=ja
KES KES=und|KINS=bal-Latn|Ksh=dav ebu en-KE guz kam ki kln luo luy mas mer om-KE saq so-KE sw
 teo-KE|\u07de\u07cb\u07db=nqo|\u0915\u0947.\u0907.\u090f\u0938=brx
KGS KGS=und|KGSS=bal-Latn|\u0441\u043e\u043c=ky
 ru-KG|\u07de\u07dc\u07ed\u07db=nqo|\u0915\u0947.\u091c\u093f.\u090f\u0938=brx
KHR KHR=und|KMBR=bal-Latn|\u07de\u07d3\u07d9=nqo|\u17db=km
KMF CF=ar-KM fr-KM|KMF=und|KMRF=bal-Latn|\u07de\u07e1\u07dd=nqo|\u0915\u0947.\u090f\u092e.\u090f\u092b=brx
KPW
 KPW=und|SHKW=bal-Latn|\u07de\u07de\u07e5=nqo|\u0915\u0947.\u092a\u093f.\u0926\u092c\u094d\u0932\u094d\u092f\u0941=brx
KRW KRW=bg br cy en-AU eo es fi fr-CA hr hu is it ka ky lt mk nb nn no pl ro sk sr sr-Latn sv uk
 vec|KR\u20a9=dz|ZBKW=bal-Latn|\u20a9=und zh-Hant-HK|\uffe6=yue yue-Hans zh-Hant
KWD
 KWD=und|\u062f.\u0643.\u200f=ar|\u07de\u07e5\u07d8=nqo|\u0915\u0947.\u0926\u092c\u094d\u0932\u094d\u092f\u0941.\u0926\u093f=brx
KYD $=en-KY|KMID=bal-Latn|KYD=und|\u07de\u07cc\u07d8=nqo|\u0915\u0947.\u0935\u093e\u0908.\u0926\u093f=brx
KZT KZKT=bal-Latn|KZT=und|\u07de\u07d7\u07ed\u07d5=nqo|\u0915\u0947.\u091c\u0947\u0924.\u0924\u093f=brx|\u20b8=kk
 kk-Arab ru-KZ
LAK LAK=und|LTKK=bal-Latn|\u07df\u07ca\u07de=nqo|\u20ad=lo
LBP LBNP=bal-Latn|LBP=fr-CA und|\xa3LB=fr
 ht|\u0644.\u0644.\u200f=ar|\u07df\u07d3\xa3=nqo|\u090f\u0932.\u092c\u093f.\u092a\u093f=brx
LKR LKR=und|Rs.=ta-LK|SRLR=bal-Latn|\u07df\u07de\u07d9=nqo|\u0dbb\u0dd4.=si
LRD $=en-LR ff-Adlm-LR ff-LR kpe vai vai-Latn|LBRD=bal-Latn|LRD=kpe-GN
 und|\u07df\u07fe=nqo|\u090f\u0932.\u0906\u0930.\u0926\u093f=brx
LSL
 LSL=und|LSTL=bal-Latn|M=st-LS|\u041b\u0421\u041b=kk|\u07df\u07db\u07df=nqo|\u090f\u0932.\u090f\u0938.\u090f\u0932=brx|\u17a1\u17bc\u1791\u17b8=km
LYD
 LBYD=bal-Latn|LYD=und|\u062f.\u0644.\u200f=ar|\u07df\u07d3\u07d8=nqo|\u090f\u0932.\u0935\u093e\u0908.\u0926\u093f=brx
MAD MAD=und|MRKD=bal-Latn|\u062f.\u0645.\u200f=ar|\u07e1\u07d8\u07e4=nqo|\u090f\u092e.\u090f.\u0926\u093f=brx
MDL L=ro-MD ru-MD|MDL=und|MLDL=bal-Latn|Vote MDL=wo|\u07e1\u07d8\u07df=nqo|\u090f\u092e.\u0921\u093f.\u090f\u0932=brx
MGA Ar=en-MG fr-MG mg|MGA=und|MLGA=bal-Latn|\u07e1\u07d8\u07d9=nqo|\u090f\u092e.\u091c\u093f.\u090f=brx
MKD
 MKD=und|MKDD=bal-Latn|den=sq-MK|\u0434\u0435\u043d.=mk|\u07e1\u07de\u07d8=nqo|\u090f\u092e.\u0915\u0947.\u0926\u093f=brx
MMK K=my|MMK=und|MNMK=bal-Latn|\u07e1\u07e1\u07de=nqo
MNT MNGT=bal-Latn|MNT=und|\u07e1\u07e3\u07d5=nqo|\u090f\u092e.\u090f\u0928.\u0924\u093f=brx|\u20ae=mn mn-Mong-MN
MOP MKNP=bal-Latn|MOP=und|MOP$=en-MO pt-MO zh-Hant-MO zh-MO|\u07e1\u07cf\u07d4=nqo|\u090f\u092e.\u0905.\u092a\u093f=brx
MRU MRTU=bal-Latn|MRU=und|UM=es-MX ff-Adlm-MR ff-MR
 fr-MR|\u0623.\u0645.=ar|\u07e1\u07ce\u07dc\u07ed=nqo|\u090f\u092e.\u0906\u0930.\u0907\u0909=brx
MUR MUR=und|MURR=bal-Latn|Rs=en-MU fr-MU mfe|\u07e1\u07d9\u07d4=nqo|\u090f\u092e.\u0907\u0909.\u0906\u0930=brx
MVR MLDR=bal-Latn|MVR=und|Rf=en-MV|\u0783.=dv|\u07e1\u07dd\u07ed\u07d9=nqo
MWK
 MK=en-MW|MLWK=bal-Latn|MWK=und|\u07e1\u07df\u07de=nqo|\u090f\u092e.\u0926\u092c\u094d\u0932\u094d\u092f\u0941.\u0915\u0947=brx
MXN $=es-MX|$MX=fa fr gl ht|MKS$=bal-Latn|MX$=und|MXN=af bg bs ca en-AU eo es fi fr-CA hr hu is it ky lt ms nb nn no pl
 ro sl uk vec|\u07e1\u07de$=nqo|\u090f\u092e.\u090f\u0915\u094d\u0938 $=brx
MYR MLRG=bal-Latn|MYR=und|RM=en-MY ms ms-Arab ta-MY ta-SG|\u07e1\u07e6\u07d9=nqo
MZN MTn=mgh pt-MZ
 seh|MZBM=bal-Latn|MZN=und|\u07e1\u07d6\u07ed\u07e1=nqo|\u090f\u092e.\u091c\u0947\u0924.\u090f\u0928=brx
NAD $=af-NA en-NA naq|$NA=fr ht|NAD=fr-CA und|NMBD=bal-Latn|\u07e3\u07e1\u07d8=nqo|\u090f\u0928.\u090f.\u0926\u093f=brx
NGN NGN=und|NGN.=wo|NJRN=bal-Latn|\u07d6\u07e3=nqo|\u090f\u0928.\u091c\u093f.\u090f\u0928=brx|\u20a6=ann cch en-NG
 ff-Adlm-NG ff-NG ha ha-Arab ig kaj kcg pcm yo|\U0001e910\U0001e910\U0001e918=ff-Adlm
NIO C$=es-NI|NIO=und|NKGC=bal-Latn|\u07e3\u07cc\u07cf=nqo|\u090f\u0928.\u0906\u0908.\u0905=brx
NOK NOK=und|NRWK=bal-Latn|Nkr=se-SE sv|kr=en-NO nb nn no se|\u07e3\u07d0\u07de=nqo|\u090f\u0928.\u0905.\u0915\u0947=brx
NPR NPLR=bal-Latn|NPR=und|\u07e3\u07d4\u07d9=nqo|\u0928\u0947\u0930\u0942=ne
NZD $=en-CK en-NU en-NZ en-PN en-TK mi|$ ZN=br|$NZ=fa fr ht|$\xa0NZ=fr-CA|$\u07e3\u07d6\u07ed=nqo|NZ$=und|NZD=be bg bs
 en-AU eo es fi hr hu is ka ky lt mk nb nn no pl ro sk sl sr sr-Latn sv uk vec|NZD$=to
OMR OMR=und|\u0631.\u0639.\u200f=ar|\u07cf\u07e1\u07d9=nqo|\u0905.\u090f\u092e.\u0906\u0930=brx
PAB B/.=es-PA my|PAB=und|PNMB=bal-Latn|\u07d4\u07ca\u07d3=nqo|\u092a\u093f.\u090f.\u092c\u093f=brx
PEN PEN=qu-BO qu-EC und|PRSL=bal-Latn|S/=es-PE qu|\u07d4\u07cb\u07db=nqo|\u092a\u093f.\u0907.\u090f\u0928=brx
PGK K=en-PG|PGK=und|\u07d4\u07d6\u07de=nqo|\U0001e911\U0001e906\U0001e918=ff-Adlm
PHP PHP=af am ar as ast az be bg bn br bs ca ccp ce chr cs cy da de el en-AU eo es et eu fa fi fo fr gd gl gu he hi hr
 ht hu hy id is ja ka kgp kk km kn ko kok ky lb lo lt lv mk ml mn mr ms mt mzn nb ne nl nn no or pa pcm pl pt qu ro ru
 sd si sk sl sq sr sr-Latn sv sw ta te th tk tr uk ur uz vec vi yrl yue yue-Hans zh zh-Hant
 zu|PLPP=bal-Latn|\u20b1=es-PH und|\U0001e906\U0001e906\U0001e916=ff-Adlm
PKR PKR=und ur-IN|PKRS=bal-Latn|Rs=en-PK ps-PK sd ur|\u0631=pa-Arab|\u07d4\u07de\u07d9=nqo
PLN PLN=und|PLNZ=bal-Latn|z\u0142=dsb hsb pl
 szl|\u0437\u043b=bs-Cyrl|\u07d4\u07df\u07d7\u07ed=nqo|\u092a\u093f.\u090f\u0932.\u090f\u0928=brx
PYG Gs.=es-PY|PRGG=bal-Latn|PYG=und|\u07d4\u07d9\u07dc\u07ed=nqo|\u092a\u093f.\u0906\u0908.\u091c\u093f=brx|\u20b2=gn
QAR QAR=und|\u0631.\u0642.\u200f=ar|\u07de\u07ca\u07d9=nqo|\u0915\u093f\u0909.\u090f.\u0906\u0930=brx
RON RMNL=bal-Latn|RON=und|\u07d9\u07ce\u07df=nqo|\u0906\u0930.\u0905.\u090f\u0928=brx|\u0930\u0949\u0928=kok
RSD
 RSD=und|SRBD=bal-Latn|din.=bs|\u0434\u0438\u043d.=bs-Cyrl|\u07d9\u07db\u07d8=nqo|\u0906\u0930.\u090f\u0938.\u0926\u093f=brx
RUB RUB=und|RUSR=bal-Latn|\u07cc\u07ce\u07d9=nqo|\u0930\u0942\u092c=brx|\u20bd=be ce cu cv ia kk mdf os-RU ru sah tt yo
RWF RF=en-RW fr-RW rw|RWDF=bal-Latn|RWF=und|\u07d9\u07e5\u07dd=nqo
SAR SAR=und|\u0631.\u0633.\u200f=ar|\u07db\u07ca\u07d9=nqo|\u090f\u0938.\u090f.\u0906\u0930=brx
SBD $=en-SB pis|$SB=fr ht|SBD=fr-CA und|SI$=fy nl|\u07db\u07d3\u07d8=nqo
SCR Rs=en-AU|SCLR=bal-Latn|SCR=und|SCRu=yrl|SR=en-SC
 fr-SC|\u07db\u07db\u07e5=nqo|\u090f\u0938.\u0938\u093f.\u0906\u0930=brx
SDG SDG=ar-LB
 und|SDNP=bal-Latn|\u062c.\u0633.=ar|\u07db\u07d8\u07dc\u07ed=nqo|\u090f\u0938.\u0926\u093f.\u091c\u093f=brx
SEK SEK=und|SWDK=bal-Latn|Skr=se|kr=en-SE se-SE sv|\u07db\u07e5\u07de=nqo|\u090f\u0938.\u0907.\u0915\u0947=brx
SGD $=en-SG ms-SG ta-SG zh-SG|$SG=fr ht|$\xa0SG=fr-CA|S$=ta-MY|SGD=und|SGPD=bal-Latn|\u07db\u07dc\u07ed\u07d8=nqo
SHP SHLP=bal-Latn|SHP=und|\xa3=en-SH|\u07db\u07e4\u07d4=nqo|\u090f\u0938.\u0910\u0924\u094d\u0938.\u092a\u093f=brx
SLE Le=en-SL ff-Adlm-SL ff-SL|SLE=und|SLNL=bal-Latn|\u07db\u07d9\u07d4=nqo|\u090f\u0938.\u090f\u0932.\u0907=brx
SOS S=ar-SO so|SOS=und|S\xd3MS=bal-Latn|\u07db\u07e1\u07db=nqo|\u090f\u0938.\u0905.\u090f\u0938=brx
SRD $=nl-SR|$SR=fr ht|SRD=fr-CA und|SRND=bal-Latn|\u07db\u07ce\u07d8=nqo|\u090f\u0938.\u0906\u0930.\u0921\u093f=brx
SSP SSP=und|ZRSP=bal-Latn|\xa3=ar-SS en-SS nus|\u07db\u07db\u07d4=nqo|\u090f\u0938.\u090f\u0938.\u092a\u093f=brx
STN Db=pt-ST|STN=und|STPD=bal-Latn|\u07db\u07d4\u07d8=nqo|\u090f\u0938.\u0924\u093f.\u090f\u0928=brx
SYP LS=fr-SY|SURP=bal-Latn|SYP=und|\u0644.\u0633.\u200f=ar
 syr|\u07db\u07cc\u07d4=nqo|\u090f\u0938.\u0935\u093e\u0908.\u092a\u093f=brx
SZL E=en-SZ ss|SWZL=bal-Latn|SZL=und|\u07db\u07d6\u07ed\u07df=nqo|\u090f\u0938.\u091c\u0947\u0924.\u090f\u0932=brx
THB THB=es-419 und|TH\u0e3f=dz|T\xc1IB=bal-Latn|\u07d5\u07d8\u07d3=nqo|\u0e3f=af am ar ast az bn bs ca ccp cy da de dsb
 ee el es et eu fa fil fy ga gd gl gu he hi hsb hy id it kea kgp kk km kn ky lb lo lv ml mn mr my ne nl pa pt ru se si
 sq sw ta te th tr ur uz-Cyrl vi yrl zu
TJS TJS=und|\u0441\u043e\u043c.=tg|\u07d5\u07d6\u07db=nqo|\u0924\u093f.\u091c\u0947.\u090f\u0938=brx
TMT TMT=und|\u0422\u041c\u0422=ru|\u07d5\u07e1\u07d5=nqo|\u0924\u093f.\u090f\u092e.\u0924\u093f=brx
TND
 DT=fr-TN|TND=und|TNSD=bal-Latn|\u062f.\u062a.\u200f=ar|\u07d5\u07e3\u07d8=nqo|\u0924\u093f.\u090f\u0928.\u0926\u093f=brx
TOP T$=en-TO to|TOP=und|\u07d5\u07cf\u07d4=nqo
TRY
 TRKL=bal-Latn|TRY=und|\u0422\u043b=bs-Cyrl|\u07d5\u07ce\u07df=nqo|\u0924\u093f.\u0906\u0930.\u0935\u093e\u0908=brx|\u20ba=ku
 tr
TTD $=en-TT|$TT=fr ht|TDTD=bal-Latn|TT$=my|TTD=fr-CA
 und|\u07d5\u07d5\u07d8=nqo|\u0924\u093f.\u0924\u093f.\u0921\u093f=brx
TWD $=zh-Hant|NT$=und zh-Hant-HK|NTWD=bal-Latn|TWD=bg br en-AU eo es fi fr hr ht hu is it ky lt mk nb nn no pl ro sk sl
 sv uk vec|\u07d5\u07e5\u07d8=nqo|\u090f\u0928.\u0924\u093f$=brx
TZS TNZS=bal-Latn|TSh=asa bez en-TZ jmc kde ksb lag mas-TZ rof rwk sbp sw
 vun|TZS=und|\u07d5\u07d6\u07ed\u07db=nqo|\u0924\u093f.\u091c\u0947\u0924.\u090f\u0938=brx
UAH UAH=und|YKNH=bal-Latn|\u07cc\u07de\u07e4=nqo|\u0907\u0909.\u090f.\u0910\u0924\u094d\u0938=brx|\u20b4=ru uk
UGX UGX=und|USh=cgg en-UG lg nyn sw-UG teo
 xog|YUGS=bal-Latn|\u07ce\u07dc\u07ed\u07db=nqo|\u0907\u0909.\u091c\u093f.\u090f\u0915\u094d\u0938=brx
USD $=ast ba bal-Latn be bn-IN brx cad chr cic cv de doi dsb el en en-Dsrt en-IN es-EC es-PR es-SV es-US et fa fi fil ga
 gd gl gsw ha haw he hi hi-Latn hsb hy ig ja kk km kn ks ks-Deva ku lb lkt lv mai ml mn mn-Mong mni mr mus mzn nl-BQ or
 os osa ps qu-EC rm ru sd-Deva sl su sw-KE ta te tg tr tt ug ur wae wo xh yo zu|$ SU=br|$US=fr ht qu|$\xa0US=fr-CA|US
 $=ceb|US$=en-001 en-CA es-AR es-CL es-CO es-CU es-DO es-UY ta-SG und|USD=af bs ca en-AU eo es-419 hr hu is it ky lt ms
 nb nn no pl ro sk uk vec|\u0449.\u0434.=bg|\u07ca\u07de\u07d8$=nqo|\U0001e14e=hnj mww
UYU $=es-UY|$UY=fr ht|UYU=fr-CA
 und|YRGP=bal-Latn|\u07ce\u07f3\u07d4=nqo|\u0907\u0909.\u0935\u093e\u0908.\u0907\u0909=brx
UZS
 OZBS=bal-Latn|UZS=und|so\u02bbm=uz|\u0441\u045e\u043c=uz-Cyrl|\u07ce\u07d7\u07ed\u07db=nqo|\u0907\u0909.\u091c\u0947\u0924.\u090f\u0938=brx
VES Bs.S=es-VE yrl|VES=und|WNZB=bal-Latn|\u07dd\u07ed\u07cb\u07d3=nqo|\u092d\u093f.\u0907.\u090f\u0938=brx
VND VND=bg br cs en-AU eo es-419 fi fr-CA hr hu is it ka lt mk nb nn no pl ro sk sr sr-Latn sv uk
 vec|WTND=bal-Latn|\u20ab=und
VUV VT=en-VU fr-VU|VUV=und|\u07dd\u07ed\u07d5\u07dd\u07ed=nqo
WST $WS=fr ht|$\u07e5\u07db=nqo|WS$=en-WS|WST=fr-CA und
XAF DARF=bal-Latn|FCF=yrl|FCFA=es-GQ und|XAF=dz en-AU eo es fr-CA lt nb nn no
 vec|\u07dd\u07db\u07dd=nqo|\U0001e90a\U0001e905\U0001e90a\U0001e900=ff-Adlm
XCD $=en-AG en-AI en-DM en-GD en-KN en-LC en-MS en-VC|$EC=fa|EC$=und|RKB$=bal-Latn|XCD=bg br bs ca en-AU eo es fi fr gl
 hr ht hu ky lt nb nn no ro sl uk vec|\u07db\u07df\u07d8=nqo|\u0907.\u0938\u093f $=brx
XCG ANG=sq|Cf=it vec|Cg=en-CA ja ru sk|Cg.=und|ICg.=xh|Kg.=tk|XCG=ca eo is pl sv|\u0192=gl
XOF AAS=ak|CFA=kgp yrl|F CFA=ba|F\u202fCFA=und|RACF=bal-Latn|XOF=en-AU eo es fr-CA lt
 vec|\u0641\u0631\u0627\u0646\u06a9\u202fCFA=fa|\u07fe=nqo|\u0dc3\u0dd2\u0dc6\u0dca\u0d91=si|\U0001e905\U0001e90a\U0001e900=ff-Adlm
XPF CFP=en-AU yrl|CFPF=und|FCFP=fr ht|XPF=bs eo fi fr-CA fy hr lt nb nl nn no vec|\u07fe \u07dd\u07db\u07dd=nqo
YER YER=und|\u0631.\u064a.\u200f=ar|\u07e6\u07e1\u07d9=nqo|\u0935\u093e\u0908.\u0907.\u0906\u0930=brx
ZAR R=af en-LS en-ZA nr nso ss st tn ts ve xh
 zu|ZAPR=bal-Latn|ZAR=und|\u07e5\u07dd\u07d9=nqo|\u091c\u0947\u0924.\u090f.\u0906\u0930=brx
ZMW K=bem en-ZM|ZMBK=bal-Latn|ZMW=und|\u07d6\u07ed\u07d3\u07e5=nqo
ZWG IZWG=xh|ZWG=und|ZiG=nl
"""
"""Currency -> symbol=locales that write it, | between."""

DIGITS: Final = """
0 AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PKR PYG RWF SOS SYP UGX VND VUV XAF
 XOF XPF YER
3 BHD JOD KWD LYD OMR TND
"""
"""Digits -> currencies shown with as many; others have two."""
