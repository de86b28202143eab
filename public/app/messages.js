// The page's own words. English stands in index.html; a language missing here is shown in English.

import ARABIC from "./messages/arabic.js";
import ENGLISH from "./messages/english.js";
import GERMAN from "./messages/german.js";

const CATALOGUES = { en: ENGLISH, de: GERMAN, ar: ARABIC };

let chosen = "en";
const original = new Map();

/** The tag of the language the page's own words are in. */
export const pageLanguage = () => document.documentElement.lang;

/** Add words, by language and key, for elements with `data-t`. English ones are in the elements themselves. */
export function teach(words) {
  for (const [tag, more] of Object.entries(words)) Object.assign(CATALOGUES[tag], more);
  speak(pageLanguage());
}

/** A message of the page, with `{name}` replaced from `values`. */
export function message(key, values = {}) {
  const text = CATALOGUES[chosen][key] ?? CATALOGUES.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Turn the page's own words to `tag`, as far as they are translated, with the direction that goes with them. */
export function speak(tag) {
  const primary = tag.split("-")[0].toLowerCase();
  chosen = primary in CATALOGUES ? primary : "en";
  document.documentElement.lang = chosen === primary ? tag : "en";
  document.documentElement.dir = chosen === "ar" ? "rtl" : "ltr";
  for (const node of document.querySelectorAll("[data-t]")) {
    if (!original.has(node)) original.set(node, node.textContent);
    node.textContent = CATALOGUES[chosen][node.dataset.t] ?? original.get(node);
  }
  for (const node of document.querySelectorAll("[data-t-label]")) {
    if (!original.has(node)) original.set(node, node.getAttribute("aria-label"));
    node.setAttribute("aria-label", CATALOGUES[chosen][node.dataset.tLabel] ?? original.get(node));
  }
}
