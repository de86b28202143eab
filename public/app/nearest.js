// Which origin answered: the one that is meant for where the visitor is, or the one that stands in for it.

import { byId, say, whileBusy } from "./dom.js";
import { call, header, refusal, serverTiming, succeeded } from "./gateway.js";
import { milliseconds } from "./locale.js";
import { message, pageLanguage } from "./messages.js";

export function wireNearest() {
  for (const button of byId("nearest").querySelectorAll("button")) {
    button.addEventListener("click", () => whileBusy(button, () => ask(button.value)));
  }
}

async function ask(path) {
  const outcome = await call(path, { cache: "no-store" });
  const status = byId("nearest-status");
  const origin = originOf(outcome);
  status.dataset.origin = origin;
  if (!succeeded(outcome)) return say(status, refusal(outcome), "bad");
  const time = milliseconds(pageLanguage(), outcome.ms);
  say(status, origin ? message("nearest.answered", { origin, time }) : message("nearest.unnamed"), "good");
}

/** The name of the origin that answered, where a route has several; empty where the gateway says none. */
function originOf(outcome) {
  return serverTiming(header(outcome, "server-timing")).find((one) => one.name === "origin")?.description ?? "";
}
