/** @typedef {{event: string, data: string}} ServerEvent */

/**
 * Parse `text/event-stream` as its pieces arrive. `EventSource` cannot POST, so a chat's stream
 * is read from `fetch`; a piece may end anywhere, inside a line ending or a character too.
 */
export class EventStreamParser {
  #rest = '';
  #event = '';
  /** @type {string[]} */
  #data = [];

  /**
   * @param {string} piece
   * @returns {ServerEvent[]} the events that this piece completed
   */
  push(piece) {
    const text = this.#rest + piece;
    /** @type {ServerEvent[]} */
    const events = [];
    const line = /\r\n|\n|\r(?!$)/g; // a CR at the very end may be half of a CRLF
    let at = 0;
    for (let match = line.exec(text); match; match = line.exec(text)) {
      const event = this.#takeLine(text.slice(at, match.index));
      if (event) events.push(event);
      at = line.lastIndex;
    }
    this.#rest = text.slice(at);
    return events;
  }

  /** @param {string} line @returns {ServerEvent | null} */
  #takeLine(line) {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#data.push(value);
    return null;
  }

  /** @returns {ServerEvent | null} */
  #dispatch() {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const complete = this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    return complete ? event : null;
  }
}

/** The server lets no stream be silent for longer than 15 s; a network that is gone may not say so. */
const SILENCE = 45_000;

/**
 * Read a response's events until it ends, or breaks off. Leaving the loop closes the connection.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{event: string, data: any}>} with `data` parsed from JSON
 */
export async function* readEvents(body) {
  const parser = new EventStreamParser();
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read());
      const events = parser.push(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      for (const { event, data } of events) yield { event, data: JSON.parse(data) };
      if (done) return;
    }
  } finally {
    // A stream that was aborted is already closed; that is what was wanted.
    await reader.cancel().catch(() => {});
  }
}

/**
 * @template T
 * @param {Promise<T>} reading
 * @returns {Promise<T>}
 */
async function withinSilence(reading) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('The stream has fallen silent.')), SILENCE);
  });
  try {
    return /** @type {T} */ (await Promise.race([reading, silence]));
  } finally {
    clearTimeout(timer);
  }
}
