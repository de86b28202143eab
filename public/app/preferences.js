// Trying another language or currency, and having the gateway remember it.

import { byId, element, say, whileBusy } from "./dom.js";
import { call, refusal, succeeded } from "./gateway.js";
import { currencyChoices, languageChoices, named } from "./locale.js";
import { message } from "./messages.js";

/**
 * Wire the form. `onTry({ lang, currency })` is called when a choice changes, `onSaved()` once the gateway has set its
 * cookie.
 */
export function wirePreferences({ onTry, onSaved }) {
  const form = byId("preferences");
  form.addEventListener("change", () => onTry({ lang: form.language.value, currency: form.currency.value }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("button"), () => save(form, onSaved));
  });
}

/** Offer what suits `locale`, with its own language and currency chosen. */
export function showPreferences(locale) {
  fill(byId("language"), languageChoices(locale), locale.language, true);
  fill(byId("currency"), currencyChoices(locale), locale.currency, false);
}

async function save(form, onSaved) {
  const language = form.language.value;
  const currency = form.currency.value;
  const outcome = await call("/geo/preferences", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ language, currency }),
  });
  const status = byId("preferences-status");
  if (!succeeded(outcome)) {
    say(status, refusal(outcome), "bad");
    return;
  }
  await onSaved();
  const shown = document.documentElement.lang;
  say(status, message("saved", { language: named("language", shown, language), currency: named("currency", shown, currency) }), "good");
}

function fill(select, choices, current, ownLanguage) {
  select.replaceChildren(
    ...choices.map(([value, title]) => element("option", { value, lang: ownLanguage ? value : undefined }, title)),
  );
  select.value = current;
}
