// Calls to the gateway, and what came back as plain values.

/**
 * Call `path` on this origin.
 *
 * Gives `{ method, path, sent, status, headers, data, text, problem, ms }`: `sent` and `headers` are lists of
 * [name, value]; `data` is the parsed JSON or null; `problem` the RFC 9457 body of a refusal or null; `ms` the time to
 * the whole answer. A failed connection gives status 0. Never rejects.
 */
export async function call(path, { method = "GET", headers = {}, body, cache = "default" } = {}) {
  const started = performance.now();
  const outcome = { method, path, sent: Object.entries(headers), status: 0, headers: [], data: null, text: "", problem: null, ms: 0 };
  try {
    const response = await fetch(sameOrigin(path), { method, headers, body, cache, redirect: "manual" });
    outcome.status = response.status;
    outcome.headers = [...response.headers];
    outcome.text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    if (/[/+]json\b/.test(type)) outcome.data = parsed(outcome.text);
    if (type.startsWith("application/problem+json")) outcome.problem = outcome.data;
  } catch (error) {
    outcome.text = String(error?.message ?? error);
  }
  outcome.ms = performance.now() - started;
  return outcome;
}

/**
 * For questions asked faster than they are answered: `const ask = turns(); … const isLatest = ask();`. What is called
 * once an answer is there says whether nothing was asked since; only the latest answer may be shown.
 */
export function turns() {
  let latest = 0;
  return () => {
    const turn = ++latest;
    return () => turn === latest;
  };
}

/** The value of a response header of an outcome, or null. */
export const header = (outcome, name) => outcome.headers.find(([key]) => key === name)?.[1] ?? null;

/** The sentence to show for an outcome that is not a success. */
export function refusal(outcome) {
  if (outcome.status === 0) return outcome.text;
  const detail = outcome.problem?.detail;
  return detail ? `${outcome.status} ${outcome.problem.code}: ${detail}` : `HTTP ${outcome.status}`;
}

export const succeeded = (outcome) => outcome.status >= 200 && outcome.status < 300;

/**
 * The metrics of `Server-Timing` (W3C Server Timing): `[{ name, description, ms }]` in the order sent. Quoted
 * descriptions may hold commas and semicolons.
 */
export function serverTiming(value) {
  const members = (value ?? "").match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return members.map(metric).filter((one) => one.name);
}

function metric(member) {
  const [name, ...parameters] = (member.match(/(?:[^;"]|"(?:\\.|[^"\\])*")+/g) ?? []).map((part) => part.trim());
  const found = { name: name ?? "", description: "", ms: 0 };
  for (const parameter of parameters) {
    const [key, ...rest] = parameter.split("=");
    const given = rest.join("=").trim().replace(/^"(.*)"$/, "$1").replace(/\\(.)/g, "$1");
    if (key.trim().toLowerCase() === "dur") found.ms = Number.parseFloat(given) || 0;
    if (key.trim().toLowerCase() === "desc") found.description = given;
  }
  return found;
}

/** A typed path stays on this origin: `//elsewhere` and `https://elsewhere` would take a token there. */
function sameOrigin(path) {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) throw new Error(`${path} is not a path on this gateway.`);
  return url;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
