// The price list: amounts from the origin by way of the gateway's cache, written the way the visitor's language does.

import { byId, element } from "./dom.js";
import { call, succeeded, turns } from "./gateway.js";
import { money, named } from "./locale.js";
import { message } from "./messages.js";

const PRICES = "/api/prices";

const asking = turns();

/** Shown where no route answers `/api/prices`; of the same shape as the example origin's list. */
const SAMPLE = {
  currency: "USD",
  period: "month",
  plans: [
    { id: "starter", name: "Starter", amount: "0.00" },
    { id: "team", name: "Team", amount: "12.00" },
    { id: "business", name: "Business", amount: "49.00" },
  ],
};

/**
 * Fetch the list and show it for `locale`; gives what is shown, or nothing when that was asked for again meanwhile. The
 * origin sees the visitor's currency and prices in it where it can.
 */
export async function showPrices(locale) {
  const isLatest = asking();
  const query = new URLSearchParams({ currency: locale.currency });
  const outcome = await call(`${PRICES}?${query}`, { headers: { accept: "application/json" } });
  if (!isLatest()) return undefined;
  const real = succeeded(outcome) && Array.isArray(outcome.data?.plans);
  const list = real ? outcome.data : SAMPLE;
  const shelf = byId("shelf");
  shelf.lang = locale.language;
  shelf.dir = locale.direction;
  shelf.replaceChildren(...list.plans.map((plan) => card(plan, list.currency, locale.language)));
  shelf.dataset.currency = list.currency;
  shelf.setAttribute("aria-busy", "false");
  byId("shelf-note").textContent = note(real, list.currency, locale);
  return list;
}

function card(plan, currency, language) {
  return element(
    "li",
    { "data-plan": plan.id },
    element("span", { class: "name" }, plan.name),
    element(
      "span",
      {},
      element("span", { class: "price" }, money(language, currency, plan.amount)),
      element("span", { class: "per" }, message("perMonth")),
    ),
  );
}

function note(real, currency, locale) {
  if (!real) return message("sample", { path: PRICES });
  if (currency === locale.currency) return "";
  return message("unpriced", { wanted: named("currency", locale.language, locale.currency), given: currency });
}
