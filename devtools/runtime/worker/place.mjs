// The visitor's place in development: `request.cf` chosen for the whole server (`--cf`) or for one request, by a header
// that this host reads and removes. The Worker never sees the header; a deployed Worker has neither.

import settings from './settings.mjs';

export const HEADER = 'gatehouse-dev-cf';

/** What describes a place: another country without them must not keep the former one's. */
const PLACE = ['city', 'continent', 'isEUCountry', 'latitude', 'longitude', 'metroCode', 'postalCode', 'region',
  'regionCode', 'timezone'];

/** `country=DE,city=Berlin` or a JSON object; JSON `null` removes a property. Throws on anything else. */
export function parsePlace(text) {
  if (text.trimStart().startsWith('{')) return parseJson(text);
  return Object.fromEntries(text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new SyntaxError(`${HEADER}: "${pair.trim()}" is not name=value`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  }));
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${HEADER}: ${error.message}`);
  }
}

export function mergePlace(cf, chosen) {
  const merged = { ...cf };
  if ('country' in chosen && chosen.country !== merged.country) for (const name of PLACE) delete merged[name];
  for (const [name, value] of Object.entries(chosen)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** The request as the Worker is to see it. The very same object when nothing is chosen, which costs one look-up. */
export function withPlace(request) {
  const header = settings.cfHeader ? request.headers.get(HEADER) : null;
  if (header === null && !settings.cf) return request;
  let cf = { ...request.cf };
  if (settings.cf) cf = mergePlace(cf, settings.cf);
  if (header === null) return new Request(request, { cf, signal: request.signal });
  const headers = new Headers(request.headers);
  headers.delete(HEADER);
  return new Request(request, { cf: mergePlace(cf, parsePlace(header)), headers, signal: request.signal });
}
