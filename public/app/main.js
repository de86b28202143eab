// Wiring: asks the gateway where the visitor is, and shows every part of the page from its answer.

import { wireCache } from "./cache.js";
import { showCountries } from "./countries.js";
import { byId, say } from "./dom.js";
import { call, header, refusal, succeeded, turns } from "./gateway.js";
import { speak } from "./messages.js";
import { hear, showOffer, showOwn, wireOrders } from "./orders.js";
import { showPlace } from "./place.js";
import { showFormats, wireSite } from "./formats.js";
import { wireNearest } from "./nearest.js";
import { showPreferences, wirePreferences } from "./preferences.js";
import { showPrices } from "./prices.js";
import { wireProtected } from "./protected.js";
import { showRoom, wireRoom } from "./room.js";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Served by the development server of `make dev`, and by nothing that is deployed. */
const SIGN_IN_PANEL = "/dev/sign-in.js";

const asking = turns();

/** Ask `/geo` and show the answer. `choices` are its query: `{ lang, currency }`, each optional. */
async function locate(choices = {}) {
  const isLatest = asking();
  const query = new URLSearchParams(Object.entries(choices).filter(([, value]) => value));
  // The answer may be kept for an hour, but a preference just saved changes it: always ask whether it still holds.
  const outcome = await call(query.size ? `/geo?${query}` : "/geo", { cache: "no-cache" });
  if (!isLatest()) return;
  const trouble = byId("trouble");
  trouble.hidden = succeeded(outcome);
  if (!succeeded(outcome)) {
    say(trouble, refusal(outcome));
    return;
  }
  const locale = outcome.data;
  speak(locale.language);
  showRoom();
  showPlace(locale, header(outcome, "x-request-id"));
  showPreferences(locale);
  await Promise.all([showPrices(locale).then((list) => list && showOffer(list, locale)), showCountries(locale), showFormats(locale)]);
  document.documentElement.dataset.ready = "1";
}

async function mountSignIn() {
  const local = LOOPBACK.has(location.hostname);
  wireSite(local);
  if (!local) return;
  try {
    const panel = await import(SIGN_IN_PANEL);
    await panel.mount(byId("sign-in"), (token) => {
      byId("token").value = token;
      showOwn();
    });
  } catch {
    // No development server behind this gateway: there is nothing to sign in with, and so no panel.
    byId("sign-in").remove();
  }
}

const asked = new URLSearchParams(location.search);
wirePreferences({ onTry: locate, onSaved: () => locate() });
wireProtected();
wireOrders();
wireRoom(hear);
wireNearest();
wireCache();
mountSignIn();
locate({ lang: asked.get("lang"), currency: asked.get("currency") });
