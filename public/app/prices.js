// The price list: the catalogue by way of the gateway's cache, in the visitor's currency and language.

import { byId, element } from "./dom.js";
import { call, succeeded, turns } from "./gateway.js";
import { money, named } from "./locale.js";
import { message } from "./messages.js";

const PRODUCTS = "/api/products";

const asking = turns();

/** Shown where no route answers `/api/products`. */
const SAMPLE = [
  { id: "starter", name: "Starter", language: "en", currency: "USD", amount: "0.00" },
  { id: "team", name: "Team", language: "en", currency: "USD", amount: "12.00" },
  { id: "business", name: "Business", language: "en", currency: "USD", amount: "49.00" },
];

/**
 * Fetch the list and show it for `locale`; gives what is shown, or nothing when that was asked for again meanwhile. The
 * origin sees the visitor's currency and language, and answers in them where it can.
 */
export async function showPrices(locale) {
  const isLatest = asking();
  const query = new URLSearchParams({ currency: locale.currency, lang: locale.language });
  const outcome = await call(`${PRODUCTS}?${query}`, { headers: { accept: "application/json" } });
  if (!isLatest()) return undefined;
  const products = succeeded(outcome) ? outcome.data?.products : undefined;
  const real = Array.isArray(products) && products.length > 0;
  const plans = real ? products.map(planOf) : SAMPLE;
  const list = { currency: plans[0].currency, plans };
  const shelf = byId("shelf");
  shelf.lang = locale.language;
  shelf.dir = locale.direction;
  shelf.replaceChildren(...plans.map((plan) => card(plan, locale.language)));
  shelf.dataset.currency = list.currency;
  shelf.setAttribute("aria-busy", "false");
  byId("shelf-note").textContent = real ? note(list, locale, products) : message("sample", { path: PRODUCTS });
  return list;
}

const planOf = ({ sku, name, description, language, price }) => ({
  id: sku,
  name,
  about: description,
  language,
  currency: price.currency,
  amount: price.decimal,
});

function card(plan, language) {
  return element(
    "li",
    { "data-plan": plan.id },
    element("span", { class: "name", lang: plan.language, title: plan.about ?? "" }, plan.name),
    element(
      "span",
      {},
      element("span", { class: "price" }, money(language, plan.currency, plan.amount)),
      element("span", { class: "per" }, message("perMonth")),
    ),
  );
}

function note(list, locale, products) {
  const converted = products.find((product) => product.converted)?.converted;
  if (converted) {
    const days = new Intl.DateTimeFormat(locale.language, { dateStyle: "long", timeZone: "UTC" });
    return message("converted", { given: converted.from.currency, day: days.format(new Date(converted.day)) });
  }
  if (list.currency === locale.currency) return "";
  return message("unpriced", { wanted: named("currency", locale.language, locale.currency), given: list.currency });
}
