// Names, amounts and times in a language, all by the browser's own Intl. No tables of our own but the list of choices.

/** Currencies offered beside those of the visitor's country. */
const COMMON_CURRENCIES = [
  "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "IDR", "ILS", "INR", "JPY", "KRW", "KWD",
  "MAD", "MXN", "NGN", "NOK", "NZD", "PKR", "PLN", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
];

/** Languages offered beside those of the visitor's country. */
const COMMON_LANGUAGES = [
  "ar-EG", "cs-CZ", "da-DK", "de-AT", "de-CH", "de-DE", "en-GB", "en-IN", "en-US", "es-ES", "es-MX", "fa-IR", "fi-FI", "fr-CA",
  "fr-FR", "he-IL", "hi-IN", "id-ID", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "sv-SE", "th-TH",
  "tr-TR", "uk-UA", "ur-PK", "vi-VN", "zh-Hans-CN", "zh-Hant-TW",
];

/**
 * Codes that CLDR names and the gateway does not answer: former countries, groups, and what ISO 3166-1 reserves for a
 * part of a country that has a code already.
 */
const NOT_TERRITORIES = new Set([
  "AN", "BU", "CS", "DD", "EU", "EZ", "FX", "NT", "QO", "SU", "TP", "UN", "XA", "XB", "YD", "YU", "ZR", "ZZ",
  "AC", "CP", "CQ", "DG", "EA", "IC", "TA",
]);

/** `named("region", "ar", "EG")` is the Arabic name of Egypt; the code itself where Intl has no name. */
export function named(type, language, code) {
  if (!code) return "";
  try {
    return new Intl.DisplayNames([language], { type, fallback: "code" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** All territories Intl can name in `language`: `[code, name]`, in that language's own order. */
export function territories(language) {
  const names = new Intl.DisplayNames([language, "en"], { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const known = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => !NOT_TERRITORIES.has(code) && new Intl.Locale(`und-${code}`).region === code)
    .map((code) => [code, names.of(code)])
    .filter(([, name]) => name);
  return byName(known, language);
}

/** Currencies to choose from: the territory's own, then the common ones by name. */
export function currencyChoices(locale) {
  const rest = COMMON_CURRENCIES.filter((code) => !locale.currencies.includes(code));
  const title = (code) => [code, `${named("currency", locale.language, code)} (${code})`];
  return [...withCurrent(locale.currencies, locale.currency).map(title), ...byName(rest.map(title), locale.language)];
}

/** Languages to choose from, each under its own name, as a reader looks for it. */
export function languageChoices(locale) {
  const first = withCurrent(locale.languages, locale.language);
  const rest = COMMON_LANGUAGES.filter((tag) => !first.includes(tag));
  const title = (tag) => [tag, named("language", tag, tag)];
  return [...first.map(title), ...byName(rest.map(title), "en")];
}

/** An amount, a number or a decimal string in major units, as `language` writes it. */
export function money(language, currency, amount) {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}

/** Whole seconds, minutes, … in words, as `language` writes them: `duration("de-DE", 60, "minute")` is "60 Minuten". */
export function duration(language, amount, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(amount);
}

/** `milliseconds("de-DE", 15.62, 1)` is "15,6 ms". */
export function milliseconds(language, amount, digits = 0) {
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, { style: "unit", unit: "millisecond", ...fraction }).format(amount);
}

/** The time of day in `timeZone`, or "" for a zone that Intl does not know. */
export function timeOfDay(language, timeZone) {
  try {
    return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", timeZone }).format(new Date());
  } catch {
    return "";
  }
}

function withCurrent(list, current) {
  return !current || list.includes(current) ? list : [current, ...list];
}

function byName(pairs, language) {
  const collator = new Intl.Collator(language);
  return pairs.sort(([, one], [, other]) => collator.compare(one, other));
}
