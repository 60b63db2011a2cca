/** A `fetch` that answers from a table of `METHOD /path`, and remembers what was asked. */

/** @typedef {(body: any, url: URL) => Response | Promise<Response>} Handler */

/** @param {Record<string, Handler>} handlers */
export function fakeServer(handlers) {
  /** @type {{route: string, body: any, url: URL}[]} */
  const asked = [];
  globalThis.fetch = async (address, options = {}) => {
    const url = new URL(String(address), 'http://localhost');
    const route = `${options.method ?? 'GET'} ${url.pathname.replace('/api/v1', '')}`;
    const body = options.body ? JSON.parse(String(options.body)) : undefined;
    asked.push({ route, body, url });
    if (options.signal?.aborted) throw options.signal.reason;
    const handler = handlers[route];
    return handler ? handler(body, url) : refused(404, 'NOT_FOUND');
  };
  return asked;
}

/** @param {unknown} data @param {object} [beside] */
export function answer(data, beside = {}) {
  return Response.json({ success: true, message: null, data, ...beside });
}

/** @param {number} status @param {string} code */
export function refused(status, code) {
  const envelope = { success: false, message: 'words', error: code, error_code: code, request_id: 'r-1' };
  return Response.json(envelope, { status });
}

/** @param {[string, object][]} events @param {{breakOff?: boolean}} [options] */
export function eventStream(events, { breakOff = false } = {}) {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(controller) {
      for (const [event, data] of events) {
        controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      }
    },
    pull(controller) {
      if (breakOff) controller.error(new TypeError('network error'));
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

/** Wait until something holds. @param {() => boolean} condition */
export async function until(condition) {
  for (let turn = 0; turn < 500; turn += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('It never came to hold.');
}
