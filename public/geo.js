// Who the visitor is, asked once, and prices and dates as they write them. What is what: geo.d.ts.

const { origin, search } = new URL(import.meta.url);
const key = `gatehouse ${origin}${search}`;
let asked;

export const geo = () => (asked ??= known().then(client));

async function known() {
  try {
    const { until, locale } = JSON.parse(sessionStorage[key]);
    if (until > Date.now()) return locale;
  } catch {}
  return ask();
}

async function ask(cache) {
  try {
    const response = await send(`${origin}/geo?include=formats&${search.slice(1)}`, { cache });
    const locale = await response.json();
    const age = /max-age=(\d+)/.exec(response.headers.get("cache-control"));
    try {
      sessionStorage[key] = JSON.stringify({ until: Date.now() + (age?.[1] ?? 0) * 1000, locale });
    } catch {}
    return locale;
  } catch (error) {
    console.warn(`geo: ${error.message}`);
    return { language: navigator.language };
  }
}

// Where CORS_ORIGINS is "*", no cookies may go along.
async function send(url, options) {
  const response = await fetch(url, { ...options, credentials: "include" }).catch(() => fetch(url, options));
  if (!response.ok) throw new Error(`${response.status} ${(await response.json().catch(() => ({}))).detail}`);
  return response;
}

function client(locale) {
  const { language, country, timezone: timeZone, formats } = locale;
  const tag = country && !new Intl.Locale(language).region ? `${language}-${country}` : language;
  return {
    locale,
    price: (amount, currency = locale.currency) =>
      new Intl.NumberFormat(tag, currency && { style: "currency", currency }).format(amount),
    date: (when, options = { dateStyle: "medium" }) =>
      new Intl.DateTimeFormat(tag, {
        ...(timeZone && { timeZone }),
        ...(formats && { hourCycle: formats.hourCycle }),
        ...options,
      }).format(when),
    async remember(wish) {
      const headers = { "content-type": "application/json" };
      await send(`${origin}/geo/preferences`, { method: "POST", headers, body: JSON.stringify(wish) });
      asked = ask("no-cache").then(client);
      return asked;
    },
  };
}
