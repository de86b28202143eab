// The pass: where the gateway thinks the visitor is, what follows from that, and which rule decided each.

import { byId, element } from "./dom.js";
import { named, timeOfDay } from "./locale.js";
import { message } from "./messages.js";

const BAR_UNITS = 4;

/** Show `locale`, an answer of `GET /geo`, that arrived under `requestId`. */
export function showPlace(locale, requestId) {
  const { language } = locale;
  const pass = byId("place");
  byId("place-code").textContent = locale.country;
  inLanguage(byId("place-country"), locale, named("region", language, locale.country));
  byId("place-city").textContent = [locale.city, locale.region].filter(distinct).join(", ");
  const time = locale.timezone ? timeOfDay(language, locale.timezone) : "";
  byId("clock").textContent = time ? message("now", { time }) : "";
  byId("decisions").replaceChildren(
    decision(locale, "country", "region"),
    decision(locale, "currency", "currency"),
    decision(locale, "language", "language"),
  );
  byId("request-id").textContent = requestId ?? "";
  drawBarcode(byId("barcode"), requestId ?? "");
  pass.setAttribute("aria-busy", "false");
}

function decision(locale, key, type) {
  const value = locale[key];
  const name = element("span");
  inLanguage(name, locale, named(type, locale.language, value));
  const title = `decided${key[0].toUpperCase()}${key.slice(1)}`;
  return element(
    "div",
    { "data-decision": key },
    element("dt", {}, message(title)),
    element("dd", {}, name, " ", element("code", { dir: "ltr" }, value)),
    element("dd", { class: "why", "data-source": locale.source[key] }, why(key, locale.source[key])),
  );
}

/** "country" as the source of the country means the connection; of the others, the country's custom. */
function why(key, source) {
  return message(key === "country" && source === "country" ? "why.country.country" : `why.${source}`);
}

function inLanguage(node, locale, text) {
  node.lang = locale.language;
  node.dir = locale.direction;
  node.textContent = text;
}

const distinct = (value, index, all) => value && all.indexOf(value) === index;

/** One bar per character, as wide as its code is large: the same id always looks the same. */
function drawBarcode(svg, text) {
  let x = 0;
  const bars = [...text].map((character) => {
    const width = 1 + (character.codePointAt(0) % BAR_UNITS);
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ x, y: 0, width, height: 10 })) bar.setAttribute(key, value);
    x += width + 1 + (character.codePointAt(0) % 3);
    return bar;
  });
  svg.setAttribute("viewBox", `0 0 ${Math.max(x, 1)} 10`);
  svg.replaceChildren(...bars);
}
