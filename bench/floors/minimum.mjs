// The least that a gateway written in JavaScript does for the cases: what `minimum.py` does.

const SHARED_SECRET = ['/hs/', '/mine']; // what asks for a token, and by what that is signed
const KEY_SET = ['/rs/', '/kept/'];
const PREFIXES = ['/hs/', '/rs/', '/kept/']; // what the origin is not told of a path
const MOST_KNOWN = 2048; // tokens remembered; then all are forgotten
const KEPT = ['/public/', '/mine'];
const TIMEOUT = 10_000; // ms
const MOST_IN_ISOLATE = 65536;

const known = new Map();
const kept = new Map();
let currencies;
let secret;
let publicKey;

class Forged extends Error {}

const isBelow = (path, prefixes) => prefixes.some((prefix) => path.startsWith(prefix));
const decoded = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));

const signedBySecret = async (message, signature, env) => {
  const usage = { name: 'HMAC', hash: 'SHA-256' };
  secret ??= await crypto.subtle.importKey('raw', new TextEncoder().encode(env.JWT_SECRET), usage, false, ['verify']);
  return crypto.subtle.verify('HMAC', secret, signature, message);
};

async function signedByKeySet(message, signature, env) {
  const usage = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (!publicKey) {
    const { keys: [{ kty, n, e }] } = await (await fetch(`${env.ORIGIN}/jwks.json`)).json();
    publicKey = await crypto.subtle.importKey('jwk', { kty, n, e }, usage, false, ['verify']);
  }
  return crypto.subtle.verify(usage.name, publicKey, signature, message);
}

async function identity(path, authorization, env) {
  const token = authorization.slice('Bearer '.length);
  if (!known.has(token)) {
    const [head, claims, signature] = token.split('.');
    const message = new TextEncoder().encode(`${head}.${claims}`);
    const isSigned = isBelow(path, KEY_SET) ? signedByKeySet : signedBySecret;
    if (!await isSigned(message, decoded(signature), env)) throw new Forged();
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(token, JSON.parse(new TextDecoder().decode(decoded(claims))));
  }
  return known.get(token);
}

async function asked(request, path, env, id, who) {
  const headers = new Headers(request.headers);
  headers.set('x-request-id', id);
  if (who) {
    headers.delete('authorization');
    headers.set('x-user-id', who.sub);
    headers.set('x-user-role', who.role);
    headers.set('x-user-issuer', who.iss);
  }
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), TIMEOUT);
  try {
    const target = env.ORIGIN + (isBelow(path, PREFIXES) ? path.slice(path.indexOf('/', 1)) : path);
    const response = await fetch(target, { method: request.method, headers, redirect: 'manual', signal: deadline.signal });
    return new Response(response.body, response);
  } finally {
    clearTimeout(timer);
  }
}

function located(request, env) {
  currencies ??= JSON.parse(env.CURRENCIES);
  const { country, region, city, timezone } = request.cf;
  const language = request.headers.get('accept-language').slice(0, 2);
  const place = { country, region, city, timezone, currency: currencies[country], language };
  return Response.json(place, { headers: { vary: 'Accept-Language' } });
}

async function answer(request, path, env, id) {
  if (path === '/geo') return located(request, env);
  const asksForToken = isBelow(path, SHARED_SECRET) || isBelow(path, KEY_SET);
  const who = asksForToken ? await identity(path, request.headers.get('authorization') ?? '', env) : null;
  if (!isBelow(path, KEPT)) return asked(request, path, env, id, who);
  const name = `${who?.sub ?? ''} ${path}`;
  if (kept.has(name)) return new Response(kept.get(name).content, { headers: kept.get(name).headers });
  const { value, metadata } = await env.CACHE.getWithMetadata(name, 'stream');
  return value ? new Response(value, { headers: metadata }) : keep(name, await asked(request, path, env, id, who), env);
}

async function keep(name, response, env) {
  const content = await response.arrayBuffer();
  const headers = Object.fromEntries(response.headers);
  if (content.byteLength <= MOST_IN_ISOLATE) kept.set(name, { content, headers });
  else await env.CACHE.put(name, content, { metadata: headers });
  return new Response(content, response);
}

function refused(error) {
  if (!(error instanceof Forged)) throw error;
  return Response.json({ error: 'Invalid or expired token' }, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const id = crypto.randomUUID();
    const response = await answer(request, pathname, env, id).catch(refused);
    response.headers.set('x-request-id', id);
    console.log(JSON.stringify({
      event: 'request', id, method: request.method, path: pathname, status: response.status, country: request.cf.country,
    }));
    return response;
  },
};
