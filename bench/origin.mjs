// The origin behind every contender: as fast as Node can be, so that what is measured is in front of it.
//
// Prints its port on standard output and ends with its standard input.
//
//   /users/me          what the gateway vouched for, as JSON; never stored
//   /public/<size>     cacheable by everybody for an hour: 1k, 64k, 1m
//   /mine              cacheable for an hour; that it is one user's own is what the gateway knows
//   /stream/1m         1 MiB in chunks of 64 KiB, never stored
//   /jwks.json         the key set given in the environment variable JWKS

import http from 'node:http';

const SIZES = { '1k': 1024, '64k': 65536, '1m': 1048576 };
const CONTENT = Object.fromEntries(Object.entries(SIZES).map(([name, size]) => [name, Buffer.alloc(size, 'gatehouse ')]));
const CHUNK = CONTENT['64k'];

function json(response, value, cacheControl) {
  const content = JSON.stringify(value);
  response.writeHead(200, {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(content), 'cache-control': cacheControl,
  });
  response.end(content);
}

const vouched = ({ headers }) => ({ user: headers['x-user-id'], role: headers['x-user-role'] });

function stream(response) {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  for (let sent = 0; sent < SIZES['1m']; sent += CHUNK.length) response.write(CHUNK);
  response.end();
}

const server = http.createServer((request, response) => {
  const path = request.url;
  if (path === '/users/me') json(response, vouched(request), 'no-store');
  else if (path === '/mine') json(response, vouched(request), 'max-age=3600');
  else if (path === '/stream/1m') stream(response);
  else if (path === '/jwks.json') json(response, JSON.parse(process.env.JWKS), 'public, max-age=600');
  else if (path.startsWith('/public/') && path.slice(8) in CONTENT) {
    const content = CONTENT[path.slice(8)];
    response.writeHead(200, {
      'content-type': 'text/plain', 'content-length': content.length, 'cache-control': 'public, max-age=3600',
      etag: `"${path.slice(8)}"`,
    });
    response.end(content);
  } else {
    response.writeHead(404, { 'content-length': 0 });
    response.end();
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
