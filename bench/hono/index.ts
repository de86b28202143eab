// The same job in TypeScript, as Hono's documentation recommends: its own middleware where it has one, KV where the
// cache middleware does not go, one JSON line per request. `countries.json` is made from the gateway's own tables.

import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { cache } from 'hono/cache';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { jwk } from 'hono/jwk';
import { jwt } from 'hono/jwt';
import { languageDetector } from 'hono/language';
import { proxy } from 'hono/proxy';
import { requestId } from 'hono/request-id';
import countries from './countries.json';
import languages from './languages.json';

interface Store {
  get(key: string, type: 'stream'): Promise<ReadableStream | null>;
  put(key: string, value: ArrayBuffer, options: { expirationTtl: number }): Promise<void>;
}

type Env = {
  Bindings: {
    CACHE: Store; ORIGIN: string; JWT_SECRET: string; HS_ISSUER: string; RS_ISSUER: string; AUDIENCE: string;
  };
  Variables: { jwtPayload?: { sub: string; role: string; iss: string }; language: string; requestId: string };
};

interface Country {
  currency: string; currencies: string[]; languages: string[]; continent: string; isEU: boolean;
}

const app = new Hono<Env>();

app.use(requestId());
app.use(async (c, next) => {
  const started = Date.now();
  await next();
  console.log(JSON.stringify({
    event: 'request', id: c.get('requestId'), method: c.req.method, path: c.req.path, status: c.res.status,
    ms: Date.now() - started, country: place(c).country,
  }));
});
app.use(languageDetector({ supportedLanguages: languages, fallbackLanguage: 'en', caches: false }));

/** `request.cf`, which Hono leaves to the platform's own types. */
function place(c: Context<Env>): Record<string, string> {
  return (c.req.raw as unknown as { cf: Record<string, string> }).cf;
}

const country = (code: string): Country => (countries as Record<string, Country>)[code];

app.get('/geo', etag(), (c) => {
  const cf = place(c);
  const row = country(cf.country);
  return c.json({
    country: cf.country,
    region: cf.region,
    city: cf.city,
    timezone: cf.timezone,
    currency: row.currency,
    language: c.get('language'),
    regionCode: cf.regionCode,
    continent: row.continent,
    isEU: row.isEU,
    currencies: row.currencies,
    languages: row.languages,
    direction: 'ltr',
  }, 200, { 'cache-control': 'private, max-age=3600', vary: 'Accept-Language, Cookie' });
});

const shared: MiddlewareHandler<Env> = (c, next) => jwt({
  secret: c.env.JWT_SECRET, alg: 'HS256', verification: { iss: c.env.HS_ISSUER, aud: c.env.AUDIENCE },
})(c, next);

const published: MiddlewareHandler<Env> = (c, next) => jwk({
  jwks_uri: `${c.env.ORIGIN}/jwks.json`, alg: ['RS256'], verification: { iss: c.env.RS_ISSUER, aud: c.env.AUDIENCE },
}, { cf: { cacheEverything: true, cacheTtl: 600 } } as RequestInit)(c, next);

/** What a user adds who has seen that `jwks_uri` is fetched for every request: the keys stay for ten minutes. */
let kept: { keys: never[]; until: number } | undefined;
async function keptKeys(c: Context): Promise<never[]> {
  if (!kept || Date.now() >= kept.until) {
    const response = await fetch(`${c.env.ORIGIN}/jwks.json`);
    const { keys } = await response.json() as { keys: never[] };
    kept = { keys, until: Date.now() + 600_000 };
  }
  return kept.keys;
}

const publishedKept: MiddlewareHandler<Env> = (c, next) => jwk({
  keys: keptKeys, alg: ['RS256'], verification: { iss: c.env.RS_ISSUER, aud: c.env.AUDIENCE },
})(c, next);

/** The request at the origin: no credentials, but what they proved, and the visitor's place. */
function forward(c: Context<Env>, path: string): Promise<Response> {
  const cf = place(c);
  const payload = c.get('jwtPayload');
  return proxy(c.env.ORIGIN + path, {
    ...c.req,
    headers: {
      ...c.req.header(),
      Authorization: undefined,
      'X-User-Id': payload?.sub,
      'X-User-Role': payload?.role,
      'X-User-Issuer': payload?.iss,
      'X-Geo-Country': cf.country,
      'X-Geo-Region': cf.regionCode,
      'X-Geo-Currency': country(cf.country).currency,
      'X-Geo-Language': c.get('language'),
      'X-Request-Id': c.get('requestId'),
      'X-Forwarded-For': c.req.header('cf-connecting-ip'),
      'X-Forwarded-Host': c.req.header('host'),
    },
  });
}

const stripped: (prefix: string) => (c: Context<Env>) => Promise<Response> = (prefix) => (
  (c) => forward(c, c.req.path.slice(prefix.length))
);
app.all('/hs/*', shared, stripped('/hs'));
app.all('/rs/*', published, stripped('/rs'));
app.all('/kept/*', publishedKept, stripped('/kept'));
app.get('/public/*', cache({ cacheName: 'public' }), stripped(''));
app.get('/stream/*', stripped(''));

/** The cache middleware passes requests with `Authorization` by: what is one user's own is kept in KV by hand. */
app.get('/mine', shared, async (c) => {
  const { iss, sub } = c.get('jwtPayload')!;
  const key = `mine:${iss}:${sub}`;
  const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=3600' };
  const found = await c.env.CACHE.get(key, 'stream');
  if (found) return c.body(found, 200, headers);
  const response = await forward(c, '/mine');
  const content = await response.arrayBuffer();
  if (response.ok) c.executionCtx.waitUntil(c.env.CACHE.put(key, content, { expirationTtl: 3600 }));
  return c.body(content, response.status as 200, headers);
});

app.onError((error, c) => {
  if (!(error instanceof HTTPException)) throw error;
  const challenge = error.getResponse().headers.get('www-authenticate') ?? 'Bearer';
  return c.json({ error: 'Invalid or expired token' }, error.status, { 'www-authenticate': challenge });
});

export default app;
