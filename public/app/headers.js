// What became of each request header between the client and the origin. Pure: lists in, rows out.

/** Fields that the gateway and its platform alone set (the header contract with origins), in every spelling. */
const VOUCHED = /^(x-(user|geo|gateway|forwarded|request|amz)[-_]|cf-|host$|forwarded$|via$|traceparent$|tracestate$)/;

/** The order of the rows: what the gateway changed first, the browser's own fields last. */
const FATES = ["replaced", "removed", "vouched", "passed", "browser"];

const LONGEST = 96;

/**
 * Lay `sent` (what the page set itself) beside `received` (what the origin says it got; null when unknown).
 *
 * Gives rows `{ name, sent, received, fate }` with fate "removed", "replaced", "vouched", "passed" or "browser".
 */
export function compareHeaders(sent, received) {
  const mine = byName(sent);
  const theirs = received === null ? null : byName(received);
  const names = new Set([...mine.keys(), ...(theirs?.keys() ?? [])]);
  const rows = [...names].map((name) => ({
    name,
    sent: mine.get(name) ?? null,
    received: theirs?.get(name) ?? null,
    fate: theirs === null ? null : fate(name, mine.get(name), theirs.get(name)),
  }));
  return rows.sort((one, other) => FATES.indexOf(one.fate) - FATES.indexOf(other.fate) || (one.name < other.name ? -1 : 1));
}

/** A header value short enough for a table; a credential keeps only its beginning. */
export function shown(name, value) {
  if (name === "authorization" && value.length > 24) return `${value.slice(0, 20)}…`;
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}

function fate(name, sent, received) {
  if (received === undefined) return "removed";
  if (sent !== undefined && sent !== received) return "replaced";
  if (VOUCHED.test(name)) return "vouched"; // also where a client happened to claim what is true
  return sent === undefined ? "browser" : "passed";
}

function byName(pairs) {
  const values = new Map();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    values.set(key, values.has(key) ? `${values.get(key)}, ${value}` : value);
  }
  return values;
}
