// The demo page's sign-in panel. Served by the development server alone (devtools/application/sign_in.py): no deployment has it.

import { element, say, whileBusy } from "/app/dom.js";
import { call, refusal, succeeded } from "/app/gateway.js";
import { duration } from "/app/locale.js";
import { message, pageLanguage, teach } from "/app/messages.js";

const WORDS = {
  en: { "signIn.done": "Signed in as {user} for {time}." },
  de: {
    signIn: "Anmelden",
    "signIn.lead": "Token des eigenen Ausstellers dieses Rechners, nur für die Entwicklung.",
    "signIn.user": "Person",
    "signIn.done": "Angemeldet als {user} für {time}.",
  },
  ar: {
    signIn: "تسجيل الدخول",
    "signIn.lead": "رموز من مُصدِر هذا الجهاز نفسه، للتطوير فقط.",
    "signIn.user": "المستخدم",
    "signIn.done": "سُجّل الدخول باسم {user} لمدة {time}.",
  },
};

/** Show the panel in `section`; `onToken(token)` is called with each token that is signed. Rejects where there are no users. */
export async function mount(section, onToken) {
  const outcome = await call("/dev/users");
  if (!succeeded(outcome)) throw new Error(refusal(outcome));
  const status = element("p", { class: "status", id: "sign-in-status", role: "status" });
  const select = element("select", { id: "user", name: "user" }, ...outcome.data.users.map(choice));
  const button = element("button", { type: "submit", "data-t": "signIn" }, "Sign in");
  const form = element(
    "form",
    { class: "panel sign-in" },
    element("h3", { "data-t": "signIn" }, "Sign in"),
    element("p", { class: "status", "data-t": "signIn.lead" }, "Tokens of this machine’s own issuer, for development only."),
    element("p", { class: "field" }, element("label", { for: "user", "data-t": "signIn.user" }, "User"), select),
    element("p", { class: "actions" }, button),
    status,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(button, () => signIn(select.value, status, onToken));
  });
  section.replaceChildren(form);
  teach(WORDS);
  section.hidden = false;
}

const choice = ({ id, name, role }) => element("option", { value: id }, `${name} (${role})`);

async function signIn(user, status, onToken) {
  const outcome = await call(`/dev/token?user=${encodeURIComponent(user)}`);
  if (!succeeded(outcome)) {
    say(status, refusal(outcome), "bad");
    return;
  }
  onToken(outcome.data.token);
  const time = duration(pageLanguage(), Math.round(outcome.data.expires_in / 60), "minute");
  say(status, message("signIn.done", { user, time }), "good");
}
