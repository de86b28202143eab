// The least that a gateway written in JavaScript does for two of the cases: what `minimum.py` does.

const PREFIX = '/hs';
const known = new Map();
const kept = new Map();
let key;

const decoded = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));

async function identity(authorization, env) {
  const token = authorization.slice('Bearer '.length);
  if (!known.has(token)) {
    const usage = { name: 'HMAC', hash: 'SHA-256' };
    key ??= await crypto.subtle.importKey('raw', new TextEncoder().encode(env.JWT_SECRET), usage, false, ['verify']);
    const [head, claims, signature] = token.split('.');
    const message = new TextEncoder().encode(`${head}.${claims}`);
    if (!await crypto.subtle.verify('HMAC', key, decoded(signature), message)) throw new Error('a forged token');
    known.set(token, JSON.parse(new TextDecoder().decode(decoded(claims))));
  }
  return known.get(token);
}

async function asked(request, path, env, id) {
  const headers = new Headers(request.headers);
  headers.set('x-request-id', id);
  if (path.startsWith(PREFIX)) {
    const claims = await identity(headers.get('authorization') ?? '', env);
    headers.delete('authorization');
    headers.set('x-user-id', claims.sub);
    headers.set('x-user-role', claims.role);
    headers.set('x-user-issuer', claims.iss);
  }
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), 10_000);
  try {
    const target = env.ORIGIN + (path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path);
    return await fetch(target, { method: request.method, headers, redirect: 'manual', signal: deadline.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function answer(request, path, env, id) {
  if (path === '/geo') return new Response('ok');
  if (kept.has(path)) return new Response(kept.get(path).content, { headers: kept.get(path).headers });
  const response = await asked(request, path, env, id);
  if (path.startsWith(PREFIX)) return new Response(response.body, response);
  const content = await response.arrayBuffer();
  kept.set(path, { content, headers: Object.fromEntries(response.headers) });
  return new Response(content, response);
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const id = crypto.randomUUID();
    const response = await answer(request, pathname, env, id);
    response.headers.set('x-request-id', id);
    console.log(JSON.stringify({ event: 'request', id, method: request.method, path: pathname, status: response.status }));
    return response;
  },
};
