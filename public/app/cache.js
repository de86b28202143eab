// The cache at work: each call with its Cache-Status, its Age, and where its time went.

import { byId, element, say, whileBusy } from "./dom.js";
import { call, header, refusal, serverTiming, succeeded } from "./gateway.js";
import { duration, milliseconds } from "./locale.js";
import { message, pageLanguage } from "./messages.js";

const TONES = 4;

const seconds = (age) => duration(pageLanguage(), age, "second");

/** Calls kept on the page. */
const MOST = 12;

export function wireCache() {
  const form = byId("cache");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("button"), () => ask(form.path.value));
  });
  byId("cache-clear").addEventListener("click", () => byId("timeline").replaceChildren());
}

async function ask(path) {
  const outcome = await call(path, { headers: { accept: "application/json" } });
  const timeline = byId("timeline");
  const status = header(outcome, "cache-status");
  const verdict = verdictOf(status);
  const longest = Math.max(outcome.ms, ...[...timeline.children].map((row) => Number(row.dataset.ms)));
  timeline.prepend(row(outcome, status, verdict));
  while (timeline.children.length > MOST) timeline.lastElementChild.remove();
  scale(timeline, longest);
  const tone = succeeded(outcome) ? "good" : "bad";
  const text = succeeded(outcome) ? message(`cache.${verdict}`, { age: seconds(header(outcome, "age") ?? 0) }) : refusal(outcome);
  say(byId("cache-status"), text, tone);
}

/** "hit", "miss" (fetched and stored), "forward" (fetched, not stored) or "none", from RFC 9211's field. */
function verdictOf(status) {
  if (status === null) return "none";
  const parameters = status.split(";").map((part) => part.trim());
  if (parameters.includes("hit")) return "hit";
  return parameters.includes("stored") ? "miss" : "forward";
}

function row(outcome, status, verdict) {
  const age = header(outcome, "age");
  return element(
    "li",
    { "data-verdict": verdict, "data-ms": outcome.ms },
    element(
      "div",
      { class: "summary" },
      element("span", { class: `chip ${verdict === "hit" ? "hit" : "miss"}` }, String(outcome.status)),
      element("code", { dir: "ltr" }, status ?? "—"),
      age !== null && element("span", {}, message("cache.age", { age: seconds(age) })),
      element("span", { class: "ms" }, element("bdi", {}, milliseconds(pageLanguage(), outcome.ms, 1))),
    ),
    ...spans(outcome),
  );
}

/** The bar and its legend: what Server-Timing accounts for, in the order it was sent, then the rest of the time. */
function spans(outcome) {
  const timed = serverTiming(header(outcome, "server-timing")).filter((one) => one.ms > 0);
  const rest = Math.max(outcome.ms - timed.reduce((sum, one) => sum + one.ms, 0), 0);
  const parts = [
    ...timed.map((one, index) => ({ tone: `tone-${index % TONES}`, title: one.description || one.name, ms: one.ms })),
    { tone: "tone-rest", title: message("network"), ms: rest },
  ];
  const track = element("div", { class: "track", "aria-hidden": "true" });
  for (const part of parts) track.append(element("span", { class: `span ${part.tone}`, "data-ms": part.ms }));
  const legend = parts.map((part) => element("span", { class: part.tone }, part.title, " ", element("bdi", {}, milliseconds(pageLanguage(), part.ms, 1))));
  return [track, element("div", { class: "legend" }, ...legend)];
}

/** All bars on one scale, so that a hit looks as short as it was. */
function scale(timeline, longest) {
  for (const span of timeline.querySelectorAll(".span")) {
    span.style.setProperty("--share", `${(100 * Number(span.dataset.ms)) / longest}%`);
  }
}
