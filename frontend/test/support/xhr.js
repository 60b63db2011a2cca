/** An `XMLHttpRequest` that does what a test tells it to. */

export class FakeXhr {
  /** Those that have been sent, in order. @type {FakeXhr[]} */
  static sent = [];

  status = 0;
  responseText = '';
  /** @type {Record<string, string>} */
  headers = {};
  /** @type {FormData | null} */
  body = null;
  aborted = false;
  /** @type {{onprogress?: (event: object) => void}} */
  upload = {};
  /** @type {(() => void) | undefined} */
  onload;
  /** @type {(() => void) | undefined} */
  onerror;
  /** @type {(() => void) | undefined} */
  onabort;
  /** @type {(() => void) | undefined} */
  onloadend;

  /** @param {string} method @param {string} address */
  open(method, address) {
    this.opened = `${method} ${address}`;
  }

  /** @param {string} name @param {string} value */
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  getResponseHeader() {
    return null;
  }

  /** @param {FormData} body */
  send(body) {
    this.body = body;
    FakeXhr.sent.push(this);
  }

  abort() {
    this.aborted = true;
    this.onabort?.();
    this.onloadend?.();
  }

  /** @param {number} loaded @param {number} total */
  progress(loaded, total) {
    this.upload.onprogress?.({ lengthComputable: true, loaded, total });
  }

  /** @param {number} status @param {object | string} envelope */
  answer(status, envelope) {
    this.status = status;
    this.responseText = typeof envelope === 'string' ? envelope : JSON.stringify(envelope);
    this.onload?.();
    this.onloadend?.();
  }

  fail() {
    this.onerror?.();
    this.onloadend?.();
  }
}
