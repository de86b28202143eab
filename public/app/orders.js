// Ordering: what is on the price list, how an order gets on, what is left of the stock, and what its owner was told.

import { byId, element, say, whileBusy } from "./dom.js";
import { call, refusal, succeeded } from "./gateway.js";
import { eventsOf } from "./live.js";
import { money } from "./locale.js";
import { message } from "./messages.js";

const ORDERS = "/api/orders";
const NOTIFICATIONS = "/api/notifications?limit=10";
const STOCK = "/api/stock";

/** States that nothing leads out of. */
const FINAL = new Set(["fulfilled", "declined", "out_of_stock", "cancelled"]);
const GOOD = new Set(["pending", "reserved", "paid", "fulfilled"]);

/** Milliseconds after which the page says that it takes long, and after which it leaves off. */
const LONG = 8_000;
const LONGEST = 170_000;
/** Milliseconds until the event stream is asked again that does not say when. */
const RETRY = 1000;
/** Milliseconds between two looks at the notifications, the last of which comes after the state that it tells of. */
const LOOKS = [200, 300, 500, 500, 500, 1000, 2000, 2000, 2000, 2000];

/** What the page shows, so that it can be shown again in another language. */
const shown = { language: "en", currency: "USD", order: null, states: [], late: false, stock: [], mail: [] };

/** The key of an order that was sent and not answered: sent again with it, it is still one order. */
let unanswered = null;

export function wireOrders() {
  const form = byId("order");
  form.addEventListener("input", () => {
    unanswered = null;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("button"), () => place(form));
  });
  byId("order-cancel").addEventListener("click", (event) => whileBusy(event.currentTarget, cancel));
}

/** Offer what is on the price list, and show everything else again in the visitor's language. */
export function showOffer(list, locale) {
  Object.assign(shown, { language: locale.language, currency: locale.currency });
  const picker = byId("sku");
  const chosen = picker.value;
  picker.lang = locale.language;
  picker.replaceChildren(...list.plans.map((plan) => option(plan, plan.currency)));
  picker.value = chosen || list.plans[Math.min(1, list.plans.length - 1)].id;
  render();
}

/** Show the caller's notifications, and what there is to order. Without a token there is nothing to ask for. */
export async function showOwn() {
  if (!byId("token").value.trim()) return;
  const [stock, mail] = await Promise.all([ask(STOCK), ask(NOTIFICATIONS)]);
  if (succeeded(stock)) shown.stock = stock.data.stock;
  if (succeeded(mail)) shown.mail = mail.data.notifications;
  render();
}

function option(plan, currency) {
  return element("option", { value: plan.id }, `${plan.name} · ${money(shown.language, currency, plan.amount)}`);
}

async function place(form) {
  unanswered ??= newKey();
  const items = [{ sku: form.sku.value, quantity: form.quantity.valueAsNumber }];
  const outcome = await ask(`${ORDERS}?${new URLSearchParams({ currency: shown.currency })}`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": unanswered },
    body: JSON.stringify({ items, payment_method: form.card.value }),
  });
  if (outcome.status !== 0) unanswered = null;
  if (!succeeded(outcome)) {
    say(byId("order-status"), refusal(outcome), "bad");
    return;
  }
  Object.assign(shown, { order: outcome.data, states: [], late: false });
  see(outcome.data);
  follow(outcome.data.id);
}

async function cancel() {
  const outcome = await ask(`${ORDERS}/${shown.order.id}`, { method: "DELETE" });
  if (succeeded(outcome)) see(outcome.data);
  else say(byId("order-status"), refusal(outcome), "bad");
}

/** What the room says of an order of one's own: the page's is at once as it says. */
export function hear(order) {
  if (shown.order?.id !== order.id || FINAL.has(shown.order.state)) return;
  see({ ...shown.order, ...order });
}

/** Follow the order by its event stream until nothing more can happen to it, or until another one is shown. */
async function follow(id) {
  showOwn();
  const until = performance.now() + LONGEST;
  const started = performance.now();
  while (!FINAL.has(shown.order.state) && performance.now() < until) {
    const outcome = await ask(`${ORDERS}/${id}/events`, { headers: { "last-event-id": shown.order.state }, cache: "no-store" });
    if (shown.order.id !== id) return;
    shown.late = performance.now() - started > LONG;
    const { events, retry } = eventsOf(succeeded(outcome) ? outcome.text : "");
    for (const event of events) see(JSON.parse(event.data));
    if (events.length === 0) render();
    await new Promise((resolve) => setTimeout(resolve, retry ?? RETRY));
  }
  for (const pause of LOOKS) {
    await showOwn();
    if (shown.order.id !== id || shown.mail.some((told) => told.order === id && told.state === shown.order.state)) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Show the order as it now is. */
function see(order) {
  shown.order = order;
  if (!shown.states.includes(order.state)) shown.states.push(order.state);
  render();
}

function render() {
  const { order, language } = shown;
  byId("order-cancel").hidden = order?.state !== "pending";
  byId("journey").replaceChildren(...shown.states.map(step));
  byId("stock").replaceChildren(...shown.stock.map(stockOf));
  byId("mail").hidden = shown.mail.length === 0;
  byId("mail-rows").replaceChildren(...shown.mail.map(letter));
  if (!order) return;
  const values = { total: amount(order.total), state: message(`state.${order.state}`) };
  const text = message(shown.late && !FINAL.has(order.state) ? "orderWaits" : "orderIs", values);
  const status = byId("order-status");
  if (status.textContent !== text) say(status, text, GOOD.has(order.state) ? "good" : "bad");
  status.dataset.state = order.state;
  byId("journey").lang = language;
}

function step(state) {
  const tone = GOOD.has(state) ? "vouched" : "removed";
  return element("li", { "data-state": state }, element("span", { class: `chip ${tone}` }, message(`state.${state}`)));
}

function stockOf({ sku, available }) {
  const number = new Intl.NumberFormat(shown.language).format(available);
  const left = element("dd", { "data-sku": sku, "data-available": available }, message("left", { number }));
  return element("div", {}, element("dt", {}, productName(sku)), left);
}

/** As the price list calls it. */
const productName = (sku) => byId("sku").querySelector(`option[value="${CSS.escape(sku)}"]`)?.textContent.split(" · ")[0] ?? sku;

function letter(told) {
  const values = { total: amount(told.total), parcel: told.parcel, reason: told.reason };
  return element("li", { "data-type": told.type, "data-order": told.order }, message(`told.${told.type}`, values));
}

const amount = (total) => money(shown.language, total.currency, total.decimal);

/** A call as the caller that the token is of. */
function ask(path, options = {}) {
  const token = byId("token").value.trim();
  const headers = { accept: "application/json", ...options.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  return call(path, { ...options, headers });
}

/** Hexadecimal digits that nobody had before; `randomUUID` is not there on a page without TLS. */
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
