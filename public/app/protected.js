// The protected call, with both sides of the gateway laid next to each other.

import { byId, element, say, whileBusy } from "./dom.js";
import { call, refusal, succeeded } from "./gateway.js";
import { compareHeaders, shown } from "./headers.js";
import { milliseconds } from "./locale.js";
import { message, pageLanguage } from "./messages.js";

/** What a client might try. None of it may reach an origin. */
const FORGED = {
  "x-user-id": "root",
  "x-user-role": "admin",
  X_User_Role: "admin",
  "x-geo-country": "AQ",
  "x-forwarded-for": "203.0.113.7",
};

export function wireProtected() {
  const form = byId("protected");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("button"), () => ask(form));
  });
}

async function ask(form) {
  const token = form.token.value.trim();
  const headers = { accept: "application/json", ...(form.forge.checked ? FORGED : {}) };
  if (token) headers.authorization = `Bearer ${token}`;
  const outcome = await call(form.path.value, { headers });
  const who = message(token ? "withToken" : "noToken");
  const summary = message("answered", { status: outcome.status, time: milliseconds(pageLanguage(), outcome.ms), who });
  const good = succeeded(outcome);
  const received = echoed(outcome.data);
  const trailer = good ? (received ? "" : message("noEcho")) : refusal(outcome);
  say(byId("protected-status"), `${summary} ${trailer}`.trim(), good ? "good" : "bad");
  showLedger(outcome, received);
}

/** The header list in an echo's answer, which may be an object or a list of pairs; null when there is none. */
function echoed(data) {
  const headers = data?.headers ?? data?.request?.headers;
  if (Array.isArray(headers)) return headers.map(([name, value]) => [name, String(value)]);
  return headers && typeof headers === "object" ? Object.entries(headers).map(([name, value]) => [name, String(value)]) : null;
}

function showLedger(outcome, received) {
  byId("request-rows").replaceChildren(...compareHeaders(outcome.sent, received).map(requestRow));
  byId("response-rows").replaceChildren(
    ...outcome.headers.map(([name, value]) =>
      element("tr", {}, nameCell(name), element("td", { class: "text" }, leftToRight(value))),
    ),
  );
  byId("ledger").hidden = false;
}

/** With its roles written out: a narrow screen lays the cells out as a block, and browsers then forget what they were. */
function requestRow({ name, sent, received, fate }) {
  return element(
    "tr",
    { role: "row", "data-header": name, "data-fate": fate },
    nameCell(name),
    cell("youSent", name, sent, "notSent"),
    cell("originGot", name, received, fate === null ? "" : "notReceived"),
    element("td", { role: "cell" }, fate && element("span", { class: `chip ${fate}` }, message(fate))),
  );
}

/** `column` is the key of its heading, which stands beside the value where the screen is too narrow for columns. */
function cell(column, name, value, otherwise) {
  const heading = document.querySelector(`#ledger th[data-t="${column}"]`).textContent;
  const attributes = { role: "cell", class: value === null ? "none" : "text", "data-heading": heading };
  return element("td", attributes, value === null ? otherwise && message(otherwise) : leftToRight(shown(name, value)));
}

const nameCell = (name) => element("th", { role: "rowheader", scope: "row" }, leftToRight(name));

/** Protocol text reads from left to right on every page, but stands where the page's own text would. */
const leftToRight = (text) => element("bdi", { dir: "ltr" }, text);
