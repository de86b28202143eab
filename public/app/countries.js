// Any other country: `GET /geo/{country}`, which depends on its address alone.

import { byId, element } from "./dom.js";
import { call, header, refusal, succeeded, turns } from "./gateway.js";
import { named, territories } from "./locale.js";
import { message } from "./messages.js";

const asking = turns();

/** Fill the picker in the visitor's language and answer its changes. */
export function showCountries(locale) {
  const picker = byId("country");
  const chosen = picker.value || locale.country;
  picker.lang = locale.language;
  picker.replaceChildren(...territories(locale.language).map(([code, name]) => element("option", { value: code }, name)));
  picker.value = chosen;
  picker.onchange = () => ask(picker.value, locale);
  return ask(picker.value, locale);
}

async function ask(code, locale) {
  const isLatest = asking();
  const outcome = await call(`/geo/${code}?lang=${encodeURIComponent(locale.language)}`);
  if (!isLatest()) return;
  const list = byId("territory");
  if (!succeeded(outcome) || !outcome.data) {
    list.replaceChildren(element("div", {}, element("dt", {}, `HTTP ${outcome.status}`), element("dd", {}, refusal(outcome))));
    return;
  }
  list.replaceChildren(...facts(outcome.data, locale, header(outcome, "cache-control")));
  list.dataset.country = code;
}

/** `Cache-Control`, to be broken between directives and nowhere within one. */
function directives(value) {
  const each = (value ?? "").split(/(?<=,) /).map((one) => element("span", { class: "whole" }, one));
  return element("bdi", { dir: "ltr" }, ...each.flatMap((one, index) => (index ? [" ", one] : [one])));
}

function facts(answer, locale, cacheControl) {
  const join = (type, codes) => codes.map((code) => named(type, locale.language, code)).join(", ");
  const rows = [
    ["currencies", join("currency", answer.currencies), answer.currencies.join(", ")],
    ["languages", join("language", answer.languages), answer.languages.join(", ")],
    ["direction", message(answer.direction === "rtl" ? "rtl" : "ltr"), answer.language],
    ["europeanUnion", message(String(answer.isEU) === "true" ? "yes" : "no"), answer.continent],
    ["kept", directives(cacheControl)],
  ];
  return rows.map(([title, text, small]) =>
    element(
      "div",
      {},
      element("dt", {}, message(title)),
      element("dd", {}, text, small && element("small", {}, element("bdi", { dir: "ltr" }, small))),
    ),
  );
}
