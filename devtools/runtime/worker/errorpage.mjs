// The page of a Worker that could not be imported. Development only: it shows the traceback.

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

const page = (traceback) => `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The Worker could not be imported</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff }
  pre { background: #f4f4f4; border-left: 4px solid #b00020; overflow: auto; padding: 1rem }
  @media (prefers-color-scheme: dark) { body { color: #eee; background: #181818 } pre { background: #262626 } }
</style>
<h1>The Worker could not be imported</h1>
<p>Save a fix; the server reloads by itself.</p>
<pre>${escape(traceback)}</pre>
`;

/** HTML for a browser, plain text for everything else. */
export function importErrorPage(request, traceback) {
  const html = (request.headers.get('accept') ?? '').includes('text/html');
  const headers = {
    'content-type': html ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  };
  return new Response(html ? page(traceback) : `The Worker could not be imported.\n\n${traceback}\n`, { status: 500, headers });
}
