// `wrangler dev --test-scheduled`: a cron trigger is fired by a request. wrangler adds this to Workers that it bundles;
// the embedded runtime is not bundled, so it brings its own.

const PATHS = ['/cdn-cgi/handler/scheduled', '/__scheduled'];

/** The entrypoint with those paths in front. `?cron=` and `?time=` (ms since 1970) are handed to the handler. */
export function withScheduledTrigger(Entrypoint) {
  return class extends Entrypoint {
    async fetch(request) {
      const url = new URL(request.url);
      if (!PATHS.includes(url.pathname)) return super.fetch(request);
      if (typeof super.scheduled !== 'function') return new Response('The Worker has no scheduled handler.', { status: 404 });
      const time = url.searchParams.get('time');
      const cron = url.searchParams.get('cron') ?? '';
      const controller = { cron, scheduledTime: time ? Number(time) : Date.now(), noRetry() {} };
      try {
        await super.scheduled(controller);
      } catch (error) {
        return new Response(`The scheduled handler failed.\n\n${error.message}`, { status: 500 });
      }
      return new Response('Ran scheduled event');
    }
  };
}
