"""Territories, their money and their languages, and what a language tag implies. Generated; do not edit.

By `python -m devtools territories` from CLDR 48.2.0 (npm package cldr-core), reviewed in
devtools/generating/territory_reviews.py. Each table is one string, a row a line, because Python compiles one string
faster than a thousand: what a row holds is taken apart by whoever asks for it.

Data: copyright Unicode, Inc., under the Unicode License V3 (https://www.unicode.org/license.txt).
"""

from typing import Final

CLDR_VERSION: Final = "48.2.0"
AS_OF: Final = "2026-11-28"
"""The day on which the money below was legal tender. Moves only when a table changes."""


def _table(rows: str) -> dict[str, str]:
    """`key value value ...` a line; a line that begins with a blank goes on with the one before."""
    return dict(row.split(" ", 1) for row in rows.strip().replace("\n ", " ").split("\n") if row)


TERRITORIES: Final = _table("""
AD EU 0 EUR ca
AE AS 0 AED ar
AF AS 0 AFN fa,ps uz,tk
AG NA 0 XCD en
AI NA 0 XCD en
AL EU 0 ALL sq
AM AS 0 AMD hy
AO AF 0 AOA pt
AQ AN 0 USD en
AR SA 0 ARS es
AS OC 0 USD sm,en
AT EU 1 EUR de hr,sl,hu
AU OC 0 AUD en
AW NA 0 AWG nl,pap
AX EU 1 EUR sv
AZ AS 0 AZN az,az-Cyrl
BA EU 0 BAM bs,bs-Cyrl,hr,sr,sr-Latn
BB NA 0 BBD en
BD AS 0 BDT bn
BE EU 1 EUR nl,fr,de
BF AF 0 XOF fr
BG EU 1 EUR bg
BH AS 0 BHD ar
BI AF 0 BIF rn,fr,en
BJ AF 0 XOF fr
BL NA 0 EUR fr
BM NA 0 BMD en
BN AS 0 BND ms,ms-Arab
BO SA 0 BOB es,qu,ay
BQ NA 0 USD nl
BR SA 0 BRL pt vec
BS NA 0 BSD en
BT AS 0 BTN,INR dz
BV SA 0 NOK nb
BW AF 0 BWP en,tn
BY EU 0 BYN ru,be
BZ NA 0 BZD en
CA NA 0 CAD en,fr iu,iu-Latn
CC OC 0 AUD en
CD AF 0 CDF fr sw,lua,ln,kg
CF AF 0 XAF sg,fr
CG AF 0 XAF fr
CH EU 0 CHF de,fr,it rm
CI AF 0 XOF fr
CK OC 0 NZD en
CL SA 0 CLP es
CM AF 0 XAF fr,en
CN AS 0 CNY zh ug,za,mn,bo,ko
CO SA 0 COP es
CR NA 0 CRC es
CU NA 0 CUP es
CV AF 0 CVE pt
CW NA 0 XCG pap,nl
CX OC 0 AUD en
CY AS 1 EUR el,tr
CZ EU 1 CZK cs
DE EU 1 EUR de
DJ AF 0 DJF fr,ar
DK EU 1 DKK da de,kl
DM NA 0 XCD en
DO NA 0 DOP es
DZ AF 0 DZD ar,fr
EC SA 0 USD es,qu
EE EU 1 EUR et
EG AF 0 EGP ar
EH AF 0 MAD ar
ER AF 0 ERN ti,en,ar
ES EU 1 EUR es ca,gl,eu,ast
ET AF 0 ETB am
FI EU 1 EUR fi,sv
FJ OC 0 FJD en,hif,fj
FK SA 0 FKP en
FM OC 0 USD en
FO EU 0 DKK fo
FR EU 1 EUR fr
GA AF 0 XAF fr
GB EU 0 GBP en cy,ga,gd
GD NA 0 XCD en
GE AS 0 GEL ka ab,os
GF SA 1 EUR fr
GG EU 0 GBP en
GH AF 0 GHS en ak,ee,gaa
GI EU 0 GIP en
GL NA 0 DKK kl
GM AF 0 GMD en
GN AF 0 GNF fr
GP NA 1 EUR fr
GQ AF 0 XAF es,fr,pt
GR EU 1 EUR el
GS SA 0 GBP en
GT NA 0 GTQ es cak,quc,ixl,caa
GU OC 0 USD en,ch
GW AF 0 XOF pt
GY SA 0 GYD en
HK AS 0 HKD zh,en
HM OC 0 AUD en
HN NA 0 HNL es
HR EU 1 EUR hr it,vec
HT NA 0 HTG,USD ht,fr
HU EU 1 HUF hu
ID AS 0 IDR id
IE EU 1 EUR en,ga
IL AS 0 ILS he,ar
IM EU 0 GBP en,gv
IN AS 0 INR hi,en bn,te,mr,ta,ur,gu,kn,ml,or,pa,as,mai,ne,sat,ks,kok,sd
IO AF 0 USD en
IQ AS 0 IQD ar ckb,az
IR AS 0 IRR fa
IS EU 0 ISK is
IT EU 1 EUR it fr,vec
JE EU 0 GBP en
JM NA 0 JMD en
JO AS 0 JOD ar
JP AS 0 JPY ja
KE AF 0 KES sw,en
KG AS 0 KGS ky,ru
KH AS 0 KHR km
KI OC 0 AUD en,gil
KM AF 0 KMF ar,zdj,wni,fr
KN NA 0 XCD en
KP AS 0 KPW ko
KR AS 0 KRW ko
KW AS 0 KWD ar
KY NA 0 KYD en
KZ AS 0 KZT kk,ru
LA AS 0 LAK lo
LB AS 0 LBP ar
LC NA 0 XCD en
LI EU 0 CHF de
LK AS 0 LKR si,ta
LR AF 0 LRD en
LS AF 0 LSL,ZAR st,en
LT EU 1 EUR lt
LU EU 1 EUR fr,lb,de
LV EU 1 EUR lv
LY AF 0 LYD ar
MA AF 0 MAD ar,fr,tzm
MC EU 0 EUR fr
MD EU 0 MDL ro
ME EU 0 EUR sr
MF NA 1 EUR fr
MG AF 0 MGA mg,fr,en
MH OC 0 USD en,mh
MK EU 0 MKD mk sq
ML AF 0 XOF fr
MM AS 0 MMK my
MN AS 0 MNT mn
MO AS 0 MOP zh,yue,pt
MP OC 0 USD en
MQ NA 1 EUR fr
MR AF 0 MRU ar
MS NA 0 XCD en
MT EU 1 EUR mt,en
MU AF 0 MUR fr,en
MV AS 0 MVR dv
MW AF 0 MWK en,ny
MX NA 0 MXN es
MY AS 0 MYR ms
MZ AF 0 MZN pt
NA AF 0 NAD,ZAR en
NC OC 0 XPF fr
NE AF 0 XOF fr
NF OC 0 AUD en
NG AF 0 NGN en
NI NA 0 NIO es
NL EU 1 EUR nl fy
NO EU 0 NOK nb,nn
NP AS 0 NPR ne
NR OC 0 AUD en,na
NU OC 0 NZD en,niu
NZ OC 0 NZD en,mi
OM AS 0 OMR ar
PA NA 0 PAB,USD es
PE SA 0 PEN es,qu
PF OC 0 XPF fr,ty
PG OC 0 PGK en,tpi,ho
PH AS 0 PHP en,fil ceb,ilo,hil,war,pag,mdh,tsg
PK AS 0 PKR ur,en
PL EU 1 PLN pl de,csb
PM NA 0 EUR fr
PN OC 0 NZD en
PR NA 0 USD es,en
PS AS 0 ILS,JOD ar
PT EU 1 EUR pt
PW OC 0 USD pau,en
PY SA 0 PYG es,gn
QA AS 0 QAR ar
RE AF 1 EUR fr
RO EU 1 RON ro
RS EU 0 RSD sr,sr-Latn hu,ro,hr,sk
RU EU 0 RUB ru tt,ba,ce,av,udm,sah,kbd,myv,bua,mdf,kum,kv,lez,krc,inh,tyv
RW AF 0 RWF rw,en,fr
SA AS 0 SAR ar
SB OC 0 SBD en
SC AF 0 SCR fr,en
SD AF 0 SDG ar,en
SE EU 1 SEK sv fi
SG AS 0 SGD en,zh,ms,ta
SH AF 0 SHP en
SI EU 1 EUR sl vec
SJ EU 0 NOK nb,nn
SK EU 1 EUR sk
SL AF 0 SLE en
SM EU 0 EUR it
SN AF 0 XOF fr,wo ff,srr,dyo
SO AF 0 SOS so,ar
SR SA 0 SRD nl
SS AF 0 SSP en
ST AF 0 STN pt
SV NA 0 USD es
SX NA 0 XCG en,nl
SY AS 0 SYP ar
SZ AF 0 SZL en,ss
TC NA 0 USD en
TD AF 0 XAF ar,fr
TF AF 0 EUR fr
TG AF 0 XOF fr
TH AS 0 THB th
TJ AS 0 TJS tg
TK OC 0 NZD tkl,en
TL AS 0 USD pt,tet
TM AS 0 TMT tk
TN AF 0 TND ar,fr
TO OC 0 TOP to,en
TR AS 0 TRY tr
TT NA 0 TTD en
TV OC 0 AUD tvl,en
TW AS 0 TWD zh,nan,hak
TZ AF 0 TZS sw,en
UA EU 0 UAH uk
UG AF 0 UGX en,sw
UM OC 0 USD en
US NA 0 USD en es
UY SA 0 UYU es
UZ AS 0 UZS uz,uz-Cyrl
VA EU 0 EUR it
VC NA 0 XCD en
VE SA 0 VES es
VG NA 0 USD en
VI NA 0 USD en
VN AS 0 VND vi
VU OC 0 VUV bi,en,fr
WF OC 0 XPF fr
WS OC 0 WST sm,en
XK EU 0 EUR sq,sr,sr-Latn
YE AS 0 YER ar
YT AF 1 EUR fr
ZA AF 0 ZAR en zu,xh,af,nso,tn,st,ts,ss,ve,nr
ZM AF 0 ZMW en
ZW AF 0 ZWG,USD sn,en,nd
""")
"""ISO 3166-1 code -> continent, member of the EU, currencies, national languages, languages of a part.
Most used first; the first language is the one to answer in. Scripts the territory implies are left out."""

REGION_LANGUAGES: Final = _table("""
BA-SRP sr-BA
BE-BRU fr-BE
BE-VLG nl-BE
BE-WAL fr-BE
CA-QC fr-CA
CH-FR fr-CH
CH-GE fr-CH
CH-JU fr-CH
CH-NE fr-CH
CH-TI it-CH
CH-VD fr-CH
CH-VS fr-CH
CM-NW en-CM
CM-SW en-CM
ES-CT ca-ES
ES-GA gl-ES
ES-IB ca-ES
ES-PV eu-ES
ES-VC ca-ES-valencia
ET-AF aa-ET
ET-OR om-ET
ET-SO so-ET
ET-TI ti-ET
FI-01 sv-FI
IN-AP te-IN
IN-AR en-IN
IN-AS as-IN
IN-GA kok-IN
IN-GJ gu-IN
IN-KA kn-IN
IN-KL ml-IN
IN-LD ml-IN
IN-MH mr-IN
IN-ML en-IN
IN-MN mni-IN
IN-MZ lus-IN
IN-NL en-IN
IN-OD or-IN
IN-OR or-IN
IN-PB pa-IN
IN-PY ta-IN
IN-SK ne-IN
IN-TG te-IN
IN-TN ta-IN
IN-TR bn-IN
IN-TS te-IN
IN-WB bn-IN
IQ-AR ckb-IQ
IQ-HA ckb-IQ
IQ-KR ckb-IQ
IQ-SU ckb-IQ
IT-BZ de-IT
LK-4 ta-LK
LK-5 ta-LK
MD-GA ru-MD
MD-SN ru-MD
RS-KM sq-RS
""")
"""ISO 3166-2 code -> its language, where not the country's first."""

CURRENCY_CHANGES: Final = _table("""
""")
"""ISO 3166-1 code -> day/currencies: changes that are decided and still to come."""

CURRENCY_SUCCESSORS: Final = _table("""
ADP EUR 1999-01-01
AFA AFN 2002-10-07
ANG XCG 2025-03-31
AON AOA 1999-12-13
AOR AOA 1999-12-13
ATS EUR 1999-01-01
AZM AZN 2006-01-01
BEF EUR 1999-01-01
BGL EUR 1999-07-06
BGN EUR 2026-01-01
BYB BYN 2001-01-01
BYR BYN 2016-07-01
CSD RSD 2006-10-25
CYP EUR 2008-01-01
DEM EUR 2002-01-01
ECS USD 2000-10-02
EEK EUR 2011-01-01
ESP EUR 1999-01-01
FIM EUR 1999-01-01
FRF EUR 1999-01-01
GHC GHS 2007-07-03
GRD EUR 2001-01-01
HRK EUR 2023-01-01
IEP EUR 1999-01-01
ITL EUR 1999-01-01
LTL EUR 2015-01-01
LUF EUR 1999-01-01
LVL EUR 2014-01-01
MCF EUR 1999-01-01
MRO MRU 2018-01-01
MTL EUR 2008-01-01
MZM MZN 2006-07-01
NLG EUR 1999-01-01
PTE EUR 1999-01-01
ROL RON 2005-07-01
RUR RUB 1999-01-01
SDD SDG 2007-01-10
SIT EUR 2007-01-01
SKK EUR 2009-01-01
SLL SLE 2022-07-01
SRG SRD 2004-01-01
STD STN 2018-01-01
SVC USD 2001-01-01
TJR TJS 2000-10-26
TMM TMT 2009-01-01
TPE USD 1999-10-20
TRL TRY 2005-01-01
VEB VES 2008-07-01
VEF VES 2018-08-20
YUM RSD 2002-05-16
ZMK ZMW 2013-01-01
""")
"""Currency that is nobody's any more, or will be -> its successor, and the first day without it."""

SCRIPTS: Final = _table("""
Aghb xag
Ahom aho
Arab aao abh abv acm acq acw acx adf aeb aec aee aeq afb aib aiq apc apd ar arq ars ary arz ask atn auj auz avd avl ayh
 ayl ayn ayp azb bal bdz bej bft bgn bgp bhe bhm bjm bqi brh brk bsh bsk chg cja ckb clh dcc def deh dgl dmk dml esh fa
 fay faz fia fub gbz ggg gha ghr gig gjk gju glh glk grr gwc gwf gwt gzi hac haz hkh hnd hno hoh hrz hss isk jad jat jbn
 jdg jnd jog kbu kby kcy kfm khw klj kmz ks ktl kvx kxp lah lki lrc lrk lrl lsa lss luv luz mby mde mey mfa mfi mhj mki
 mnj mve mvy mzb mzn nli nlm ntz nyq odk oru ota pbt phl phr phv plk prc prd prx ps psh psi pst qxq rdb rmt sbn scl sd
 sdb sdf sdg sdh sds sgr sgy shd shm shu shv siy siz skr smy sqo sqt srh srz ssh sts swb tjo tks tov tra trm trw ug ur
 ush uzs vaf vgr vmh wbk wlo wne wni wsv xhe xka xkc xkj xkp xvi ydg zba zdj zum
Armi arc
Armn axm hy hyw rmi
Avst ae
Bali kaw
Bamu bax
Batk btd btm
Beng aot as bn bpy cdz ctg der grt kdq mni rah rkt sdr syl unr unx
Bopo hmj hmq
Brah kho pka pmh psu xtq
Cakm ccp tnv
Cans cr crj crk crl crm csw iu nsk oj ojs
Cari xcr
Cham cjm
Cher chr
Chrs xco
Copt cop
Cprt ecy
Cyrl ab abq ady agx akv alr alt ani aqc atv av ba be bg bhh bph bua bxm ce chm cji ckt clw crh cu cv dar ddo dlg dng enf
 enh eve evn gdo gin gld huz inh itl jct jdt kaa kap kbd kca ket khv kim kjh kk koi kpt kpy krc krk kum kv kva ky lbe
 lez mdf mk mn mns mrj mtm mud myv ndf neg nio niv nog oaa oac omk orv os paq rsk ru rue rut sah sel sgh sia sjd sjt sr
 sty tab tg tin tt tyv ude udi udm ugh uk ulc xal xas xdq xpm xrm xrn xwo yai ykg ykh ynk yrk ysr yug yux zko zkz
Deva agi ahr anp anq anr aph asr awa bap bee bfb bfy bfz bgc bgd bgq bgw bha bhb bhd bhi bhj bho bht bhu bix biy bjj bmj
 bns bpx bra brd brx btv byh byw cdh cdj cdm cdn chx cih ctn daq dhi dhw doi drq dry dty duh dus dwz emg emu fmu gbk gbm
 gdx ghe goj gok gon gra gvr gyo hi hif hlb hne hoc hoj hoy hut jee jml jnl jns jul kex kfb kfk kfp kfq kfr kfs kfu kfx
 kfy kgj khn kif kip kjl kjo kkt kle klr kmj knn kok kra kru ksz kte kwx kyv kyw lae lbf lbm lbr lhm lif lmh loy luu mag
 mai mgp mjl mjt mjz mkb mke mr mrd mrr mtr mut mwr nao ncd ne new nlx nmm noe noi nwx ola oon pch pci pgg phd phw pum
 pwr raa rab raf raj rav rji rjs rtw rwr sa sck scp sgj sjp skj soi srx suz swv syw taj tcn tdb tdg tdh tge the thf thl
 thq thr ths tij tkb tkt ttz vah vas vav vay vjk wbr wme wtm xnr xsr ybh ybi
Egyp egy
Elym xly
Ethi agj ahg alw am anu awn bcq bst byn dox drs gez gmv gof gru har hdy ior kqy ktb mdx mdy muz mvz mym sgw stv ti tig
 wal wle xan zwa
Geor bbl jge ka oav sva xmf
Gong wsg
Gonm esg
Goth got
Gran oty
Grek aat bgx cpg ecr el grc pnt scx tsd uum xpg yej
Gujr cdi dhn dho dub gas gbl gu
Guru pa
Hang jje okm
Hani how oko swi zch zeh zgb zgm zgn zhd zlj zln zlq zqe zyg zyn zzj
Hans cdo cjy cnp csp czh gan hak hnm hsn luh nan sjc wuu zh
Hant ltc lzh yue
Hebr aij czk hbo he huy itk iw jbe ji jpa jpr jrb jye lad lsd trg yhd yi yih yud zrp
Hluw hlu
Hmnp hnj mww
Ital ett osc pgn xve
Java osi tes
Jpan ams ja yoi
Kali eky kvy kyu
Kana ain ryu
Khar pgd
Khmr brb km krr krv okz pcb rka smu tpu xhm
Kits zkt
Knda brw kfa kfd kfg kn tcy vmd
Kore ko
Lana cuu kkh nod stu
Laoo alk brv kjg kuf lbo lo ncq ngt oyb pho sct sqq sss tth tto
Latf gml
Latg mga
Lepc lep
Lina lab
Linb gmy
Lisu lis
Lyci imy xlc
Lydi xld
Mand mid myz
Mani xmn
Marc xzh
Medf dmf
Merc xmr
Mlym aaf all kev kfh mjq mjr mjv ml pcf pcg pkr udg yea
Modi omr
Mong bxu mnc mvf
Mroo mro
Mtei omp
Mymr aio blk bwe csh dnu dnv hpo int jkm kht kjp ksu ksw kvq kvt kxf kxk mnw mwt my obr omx pce phk pll pwo pyx rbb rki
 rmz shn tco tjl tvn
Narb xna
Newa nwc
Nkoo nqo
Ogam pgl xpi
Olck sat
Orkh otk
Orya bdv bfw dso dwk gaq gbj gdb jun juy or peg rei spv uki xis zrg
Osge osa
Ougr oui
Pauc ctd
Phli pal
Phnx obm phn
Plrd hmd ktp lpo sfm ygp yna ysy ywq ywu
Prti xpr
Rjng abl
Rohg rhg
Runr non nrn sxu
Samr sam smp
Sarb xsa
Saur saz
Sgnw ase
Sidt xsd
Sinh si
Sogd sog
Sora srb
Soyo cmg
Syrc aii amw bhn bjf hrt kqd lhs oar syc syn syr tmr
Tagb tbk
Takr hii jna scu
Tale tdd thi
Talu khb
Taml bfq ctt cty era iru kfe kfi muv ta tcx vaa xub xuj
Tang txg
Tavt blt soa tyr
Telu cde gau key kfc lmn mju nit ort pcj te wbq yeu
Tfng gho shi tda zen zgh
Thaa dv
Thai bzi cbn cog kdt khf kjt kxm lcp lwl lwm mkm mlf mpz mra nyl nyw pht phu prt pww skb sou th thm tts ugo urk yoy
Tibt adx bfu bkk bo bro cgk cna dka dre dz dzl ght goe jda jya kbg kgy khg kjz kkf lbj lkh luk lya muk neh npb ole otb
 sbu sgt sip spt tgf tsj twm xkf zau
Tnsa nst
Toto txo
Ugar uga
Vaii vai
Wcho nnp
Xpeo peo
Xsux akk hit htx nei oht
Yiii ii nos nsd nsf nsv nty smh yig yiv ysd ysn ysp
""")
"""Script -> languages written in it. All others are written in Latin."""

REGIONAL_SCRIPTS: Final = _table("""
abq-TR Latn
az-IQ Arab
az-IR Arab
az-RU Cyrl
ha-CM Arab
ha-SD Arab
hak-TW Hant
kk-AF Arab
kk-CN Arab
kk-IR Arab
kk-MN Arab
ku-AM Cyrl
ku-AZ Cyrl
ku-GE Cyrl
ku-IQ Arab
ku-IR Arab
ku-LB Arab
ku-TM Cyrl
ky-CN Arab
ky-TR Latn
lzz-GE Geor
mey-SN Latn
mn-CN Mong
ms-CC Arab
nan-MO Hant
nan-TW Hant
pa-PK Arab
pi-IN Deva
pi-LK Sinh
pi-MM Mymr
pi-TH Thai
pnt-RU Cyrl
pnt-TR Latn
sd-IN Deva
sr-ME Latn
sr-RO Latn
sr-TR Latn
stu-CN Tale
tg-PK Arab
ug-KZ Cyrl
ug-MN Cyrl
unr-NP Deva
uz-AF Arab
uz-CN Cyrl
yue-CN Hans
zh-AU Hant
zh-BN Hant
zh-GB Hant
zh-GF Hant
zh-HK Hant
zh-ID Hant
zh-MO Hant
zh-PA Hant
zh-PF Hant
zh-PH Hant
zh-SR Hant
zh-TH Hant
zh-TW Hant
zh-US Hant
zh-VN Hant
""")
"""language-REGION -> script, where the region decides it."""

LIKELY_REGIONS: Final = _table("""
001 eo ia io vo
AF ps uz-Arab
AL sq
AM hy ku-Cyrl
AZ az
BA bs
BD bn
BE wa
BG bg cu-Glag
BI rn
BO ay
BR pt
BT dz
BY be
CA cr iu oj
CD kg ln lu lua
CF sg
CH rm
CN bo hak ii kk-Arab ky-Arab mn-Mong nan ug za zh
CW pap
CZ cs
DE de
DK da
EE et ie
EG ar
ES an ast ca es eu gl
ET aa am om ti
FI fi
FJ fj hif
FO fo
FR br co fr oc
GB cy en-Shaw gd kw pi
GE ab ka ku-Yezi os
GH ak ee gaa
GL kl
GN ff-Adlm
GR el
GT caa cak ixl quc
GU ch
HK yue
HR hr
HT ht
HU hu
ID id in jv jw su
IE ga
IL he iw
IM gv
IN as gu hi kn kok ks mai ml mr or pa pi-Deva sa sat sd-Deva sd-Khoj sd-Sind ta te
IQ ckb ku-Arab
IR ae az-Arab fa
IS is
IT it sc vec
JP ja
KE ki
KG ky
KH km
KI gil
KM wni zdj
KR ko
KZ kk ug-Cyrl
LA lo
LK pi-Sinh si
LT lt
LU lb
LV lv
MA tzm
MG mg
MH mh
MK mk
ML bm
MM my pi-Mymr
MN mn
MT mt
MV dv
MW ny
MY ms
NA hz kj ng
NG ha ig kr yo
NL fy li nl
NO nb nn no se
NP ne
NR na
NU niu
NZ mi
PE qu
PF ty
PG ho tpi
PH ceb fil hil ilo mdh pag tl tsg war
PK pa-Arab sd tg-Arab ur
PL csb pl
PW pau
PY gn
RO mo ro
RS sr
RU av ba bua ce cu cv inh kbd krc kum kv lez mdf myv ru sah tt tyv udm
RW rw
SE sv
SI sl
SK sk
SN dyo ff srr wo
SO so
TH pi-Thai th
TJ tg
TK tkl
TL tet
TM tk
TO to
TR ku ky-Latn tr
TV tvl
TW zh-Bopo zh-Hanb zh-Hant
TZ sw
UA ji uk yi
UG lg
US en ik nv
UZ uz
VA la
VN vi
VU bi
WS sm
ZA af nr nso ss st tn ts ve xh zu
ZW nd sn
""")
"""Region -> languages most at home there."""

LANGUAGE_ALIASES: Final = _table("""
aa aar
aas aam
ab abk
acn xia
adx pcr
ae ave
aeb ajt
af afr
ak aka fat tw twi
am amh
ami ais
amq elp
an arg
aog myd
aou gio
apc ajp
apf agp
aqd dkl
aqt sap
ar ara arb
as asm
av ava
ay aym ayr
az aze azj
azd nln
ba bak
bal bcc
bcg bgm
be bel
beb btb
bfy ppa
bg bul
bho bh bih
bi bis
bik bcl
bir bic
bjp tgg
bm bam
bmf krm
bn ben
bnc lbk
bo bod tib
bpp nxu
br bre
bs bos
bua bxr
bzc bjq
ca cat
cax xba
cbr nom
ce che
ch cha
chm mhr
cir meg
cmr cka
co cos
cr cre cwd
crr pmk
cs ces cze
cu chu
cv chv
cy cym wel
da dan
dbt dwl
de deu ger
del umu
den xsl
dev gav
dgl kzh
dif dit
din dik
dmw mwd xrq
dnj daf
doi dgo
drl bjd
dtd noo
dtp ktr kzj kzt tdu
duz guv
dv div
dwu duj
dz adp dzo
dze djl
ebk bkb
ee ewe
eko nte
el ell gre
ema uok
emx rmr
en eng
enl leg
eo epo
es spa
esg ggo
et ekk est
eu baq eus
eza izi
fa fas per pes
fa-AF drw prs tnf
fbl bhk
ff fuc ful
fi fin
fil tgl tl
fj fij
fo fao
fr fra fre
fy fry
ga gle
gal ilw
gba gya
gd gla
gdj kvs
gl glg
gll nbx
gn grn gug
gon gno
grb gbo
gtu ggr
gu guj prp
gv glv
gvr ggn
ha hau
hai hdn
he heb iw
hi hin
hle sca
hmn hea
ho hmo
hr hrv scr
ht hat
hu hun
huw pmc
hy arm hye
hz her
ia ina
iba blg snb
id in ind
ie ile
ig ibo
ii iii
ik esk ipk
ilm ill
io ido
is ice isl
isk sgl
it ita
itd tid
iu ike iku
ja jpn
jal hrr
jbk mgx
jgk jar
jkm kpp
jrb aju
jv jav jw
ka geo kat
kak tne
kdz ncp
kg kng kon
ki kik
kj kua
kjh zkb
kk kaz
kl kal
kln spy
km khm
kmb smd
kml kgh
kn kan
ko kor
kok gom
kpe xpe
kr kau knc
kru kxl
ks kas
ksp lak
ktz aue
ku kmr kur
kv kom kpv
kw cor
kwv koj
kxr pat
ky kir
kzk drr gli
la lat
lah pnb
lb ltz
lcq ppr
lg lug
li lim
ln lin
lo lao
lrr yma
lt lit
lu lub
luy bxk
lv lav lvs
man emk
mg mlg plt
mh mah
mi mao mri
mk mac mkd
ml mal
mn drh khk mon
mom cjr
mr mar
mry mst myt
ms may msa zsm
mt mlt
mtm ymt
mwr dhd
my bur mya
na nau
nb nob
nbr nns
ncq kgd
nd nde
ne nep npi
ng ndo
ngt llo
ngv nnx
njz dap
nl dut nld
nn nno
no nor
nol wit
nr nbl
nrk nlr
nru nbf
nun ayx
nv nav
nvo baz
nwo wiw
ny nya
nyc gti
oc oci
oj ojg oji
ola thw
om gaz orm
opa ibi
or ori ory
os oss
oyb jeg skk thx
pa pan
phr pmu
pi pli
pij coy nts
pl pol
plu kgm
prt pry
ps pbu pus
pt por
pub puz
qu que quz
quh cqu
raj mup
raq lii
ras tie
rki ccq ybd
rm roh
rmx lmm
rn run
ro mo mol ron rum
rom rmy
ru rus
rw kin
sa cls san
sc src srd
scv zir
sd snd
se sme
sg sag
sgd sul
si sin
sk slk slo
sl slv
sm smo
sn sna
snz asd
so som
sq alb als sqi
sqm dek
sr scc srp
sr-Latn hbs sh
sr-ME cnr
srx him
ss ssw
st sot
su sun
suj xsj
sv swe
sw swa swh
sw-CD swc
syr cld
ta tam
taj tsf
tdf kgc
tdg tmk
te tel
tg tgk
th tha
ti tir
tk tuk
tmh ttq
tn tsn
to ton
tpn tpw
tpo thc
tr tur
ts tso
tt tat
tvd kxe
twm tkk
ty tah
tyj tmp
ug uig
uk ukr
ulw sum
umi szd
ur urd
uth dud
uz uzb uzn
vaj gfx mwj oun
ve ven
vi vie
vo vol
wa wln
waw xkh
weo tlw
wgb wgw
wnn mnt
wny gbc
wo wol
wro unp
xch cmk
xh xho
xnt mof
xny nad
yam kwq
yi ji ydd yid
ynq yen
yo yor
yrm yiy
yug yuu
za zha zyb
zap zai
zh chi cmn zho
zkd kdv
zko xss
zom yos
zu zul
zza diq
""")
"""Language in use -> codes it replaces."""

REGION_ALIASES: Final = _table("""
034 062
AA 958
AD 020
AE 784
AF 004
AG 028
AI 660
AL 008
AM 051
AO 024
AQ 010 FQ NQ
AR 032
AS 016
AT 040
AU 036
AW 533
AX 248
AZ 031
BA 070
BB 052
BD 050
BE 056
BF 854 HV
BG 100
BH 048
BI 108
BJ 204 DY
BL 652
BM 060
BN 096
BO 068
BQ 535
BR 076
BS 044
BT 064
BV 074
BW 072
BY 112
BZ 084
CA 124
CC 166
CD 180 ZR
CF 140
CG 178
CH 756
CI 384
CK 184
CL 152
CM 120
CN 156
CO 170
CR 188
CU 192
CV 132
CW 530 531 532 AN
CX 162
CY 196
CZ 200 203
DE 276 278 280 DD
DJ 262
DK 208
DM 212
DO 214
DZ 012
EC 218
EE 233
EG 818
EH 732
ER 232
ES 724
ET 230 231
EU 967 QU
FI 246
FJ 242
FK 238
FM 582 583 PC
FO 234
FR 249 250 FX
GA 266
GB 826 UK
GD 308
GE 268
GF 254
GG 831
GH 288
GI 292
GL 304
GM 270
GN 324
GP 312
GQ 226
GR 300
GS 239
GT 320
GU 316
GW 624
GY 328
HK 344
HM 334
HN 340
HR 191
HT 332
HU 348
ID 360
IE 372
IL 376
IM 833
IN 356
IO 086
IQ 368
IR 364
IS 352
IT 380
JE 830 832
JM 388
JO 400
JP 392
KE 404
KG 417
KH 116
KI 296 CT
KM 174
KN 659
KP 408
KR 410
KW 414
KY 136
KZ 398
LA 418
LB 422
LC 662
LI 438
LK 144
LR 430
LS 426
LT 440
LU 442
LV 428
LY 434
MA 504
MC 492
MD 498
ME 499
MF 663
MG 450
MH 584
MK 807
ML 466
MM 104 BU
MN 496
MO 446
MP 580
MQ 474
MR 478
MS 500
MT 470
MU 480
MV 462
MW 454
MX 484
MY 458
MZ 508
NA 516
NC 540
NE 562
NF 574
NG 566
NI 558
NL 528
NO 578
NP 524
NR 520
NU 570
NZ 554
OM 512
PA 591 PZ
PE 604
PF 258
PG 598
PH 608
PK 586
PL 616
PM 666
PN 612
PR 630
PS 275
PT 620
PW 585
PY 600
QA 634
QM 959
QN 960
QP 962
QQ 963
QR 964
QS 965
QT 966
QV 968
QW 969
QX 970
QY 971
QZ 972
RE 638
RO 642
RS 688 890 891 CS YU
RU 172 643 810 SU
RW 646
SA 536 682 NT
SB 090
SC 690
SD 729 736
SE 752
SG 702
SH 654
SI 705
SJ 744
SK 703
SL 694
SM 674
SN 686
SO 706
SR 740
SS 728
ST 678
SV 222
SX 534
SY 760
SZ 748
TC 796
TD 148
TF 260
TG 768
TH 764
TJ 762
TK 772
TL 626 TP
TM 795
TN 788
TO 776
TR 792
TT 780
TV 798
TW 158
TZ 834
UA 804
UG 800
UM 581 JT MI PU WK
US 840
UY 858
UZ 860
VA 336
VC 670
VE 862
VG 092
VI 850
VN 704 VD
VU 548 NH
WF 876
WS 882
XA 973
XB 974
XC 975
XD 976
XE 977
XF 978
XG 979
XH 980
XI 981
XJ 982
XK 983
XL 984
XM 985
XN 986
XO 987
XP 988
XQ 989
XR 990
XS 991
XT 992
XU 993
XV 994
XW 995
XX 996
XY 997
XZ 998
YE 720 886 887 YD
YT 175
ZA 710
ZM 894
ZW 716 RH
ZZ 999
""")
"""Region in use -> codes it replaces."""

TAG_ALIASES: Final = _table("""
aa-saaho ssy
art-lojban jbo
cel-gaulish xtg
en-gb-oed en-GB-oxendict
hy-arevmda hyw
i-ami ami
i-bnn bnn
i-default en-x-i-default
i-enochian und-x-i-enochian
i-hak hak
i-klingon tlh
i-lux lb
i-mingo see-x-i-mingo
i-navajo nv
i-pwn pwn
i-tao tao
i-tay tay
i-tsu tsu
no-bok nb
no-bokmal nb
no-nyn nn
no-nynorsk nn
sgn-be-fr sfb
sgn-be-nl vgt
sgn-br bzs
sgn-ch-de sgg
sgn-co csn
sgn-de gsg
sgn-dk dsl
sgn-es ssp
sgn-fr fsl
sgn-gb bfi
sgn-gr gss
sgn-ie isg
sgn-it ise
sgn-jp jsl
sgn-mx mfs
sgn-ni ncs
sgn-nl dse
sgn-no nsi
sgn-pt psr
sgn-se swl
sgn-us ase
sgn-za sfs
zh-cmn zh
zh-cmn-hans zh-Hans
zh-cmn-hant zh-Hant
zh-gan gan
zh-guoyu zh
zh-hakka hak
zh-min nan-x-zh-min
zh-min-nan nan
zh-wuu wuu
zh-xiang hsn
zh-yue yue
""")
"""Whole tag, lower-case -> the tag that replaces it."""

MACROLANGUAGES: Final = _table("""
ar aao abh abv acm acq acw acx acy adf aeb aec afb apc apd arq ars ary arz auz avl ayh ayl ayn ayp bbz pga shu ssh
az azb
et vro
ff ffm fub fue fuf fuh fui fuq fuv
gn gnw gui gun nhd
iu ikt
kln enb eyo niq oki pko sgc tec tuy
kok knn
kpe gkp
luy ida lkb lko lks lri lrm lsm lto lts lwg nle nyd rag
lv ltg
mg bhr bmm bzc msh skg tdx tkg txy xmv xmw
mn mvf
ms bjn btj bve bvu coa dup hji jak jax kvb kvr kxd lce lcf liw max meo mfa mfb min mqg msi mui orn ors pel pse tmw urk
 vkk vkt xmm zlm zmi
ne dty
no nb nn
om gax hae orc
or spv
ps pbt pst
qu qub qud quf qug quh quk qul qup qur qus quw qux quy qva qvc qve qvh qvi qvj qvl qvm qvn qvo qvp qvs qvw qvz qwa qwc
 qwh qws qxa qxc qxh qxl qxn qxo qxp qxr qxt qxu qxw
sc sdc sdn sro
sq aae aat aln
syr aii
uz uzs
yi yih
zh cdo cjy cnp cpx csp czh czo gan hak hnm hsn luh lzh mnp nan sjc wuu yue
""")
"""Language -> languages that are varieties of it."""

LANGUAGE_DISTANCES: Final = _table("""
aa/4 ssy
ar/30 ckb
bs/4 hr
cs/20 sk
da/20 fo
da/8 nb no
de/20 rm
de/4 gsw lb
en/20 af chr cy ga gd haw is mi pcm
en/30 ach ak am bem bn ee eo gaa ha ia ig ka km kn kri lg lo loz mfe ml mt my ne nso ny nyn om or pa ps rn sd si sn so
 sq st sw ta te ti tlh tn to tum ur xh yi yo zu
es/20 ay ca eu gl gn
es/30 qu
fil/30 ceb
fr/20 br co crs ht oc
fr/30 kg ln lua mg rw wo
hi/20 mai
hi/30 gu mr sa
hr/4 bs
id/20 jv su
id/30 ms
it/20 la scn
ms/10 id
nb/1 no
nb/20 nn
nb/8 da
nl/20 fy
nn/20 nb no
no/8 da
ru/20 be
ru/30 ab az hy kk ky mn tg tk tt uz
sk/20 cs
ssy/4 aa
tr/30 ku
ur/20 bal
zh/20 bo ug za
""")
"""Language/distance -> languages whose readers read it too (languageMatching)."""

SCRIPT_DISTANCES: Final = _table("""
ar-Arab/20 ar-Latn
bn-Beng/20 bn-Latn
en-Latn/10 am-Ethi bn-Beng ka-Geor km-Khmr kn-Knda lo-Laoo ml-Mlym my-Mymr ne-Deva or-Orya pa-Guru ps-Arab sd-Arab
 si-Sinh ta-Taml te-Telu ti-Ethi ur-Arab yi-Hebr
gu-Gujr/20 gu-Latn
hi-Deva/20 hi-Latn
ja-Hrkt/5 ja-Hira ja-Kana
ja-Jpan/5 ja-Hani ja-Hira ja-Hrkt ja-Kana ja-Latn
kn-Knda/20 kn-Latn
ko-Hang/5 ko-Jamo
ko-Kore/5 ko-Hang ko-Hani ko-Jamo
ml-Mlym/20 ml-Latn
mr-Deva/20 mr-Latn
ru-Cyrl/10 az-Latn hy-Armn tk-Latn uz-Latn
sr-Cyrl/5 sr-Latn
sr-Latn/5 sr-Cyrl
ta-Taml/20 ta-Latn
te-Telu/20 te-Latn
zh-Hans/10 bo-Tibt za-Latn
zh-Hans/20 zh-Hani zh-Latn
zh-Hant/20 zh-Hani
""")
"""The same for language-Script."""

REGION_GROUPS: Final = _table("""
ar DZ EH LY MA MR TN
en AS CA GU MH MP PH PR UM US VI
es 003 005 013 019 021 029 419 AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT GY
 HN HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI
pt 003 005 013 019 021 029 419 AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT GY
 HN HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI
zh-Hant HK MO
""")
"""Language -> regions that share one of its two varieties; all others share the other (matchVariables)."""

PARENTS: Final = _table("""
en-001 150 AG AI AU BB BM BS BW BZ CC CK CM CX CY DG DM ER FJ FK FM GB GD GG GH GI GM GS GY HK ID IE IL IM IN IO JE JM
 KE KI KN KY LC LR LS MG MO MS MT MU MV MW MY NA NF NG NR NU NZ PG PK PN PW RW SB SC SD SG SH SL SS SX SZ TC TK TO TT TV
 TZ UG VC VG VU WS ZA ZM ZW
en-150 AT BE CH CZ DE DK EE ES FI FR GE HU IT LT LV NL NO PL PT RO SE SI SK UA
es-419 AR BO BR BZ CL CO CR CU DO EC GT HN JP MX NI PA PE PR PY SV US UY VE
pt-PT AO CH CV FR GQ GW LU MO MZ ST TL
zh-Hant-HK MO
""")
"""Tag -> regions whose variety inherits from it (parentLocales)."""

PARADIGMS: Final = """
en en-GB es es-419 pt-BR pt-PT
"""
"""Tags that stand for a variety of their language."""

RIGHT_TO_LEFT: Final = """
Adlm Arab Armi Avst Chrs Cprt Elym Gara Hatr Hebr Hung Khar Lydi Mand Mani Mend Merc Mero Narb Nbat Nkoo Orkh Ougr Palm
 Phli Phlp Phnx Prti Rohg Samr Sarb Sidt Sogd Sogo Syrc Thaa Yezi
"""
"""Scripts written from right to left."""
