import { language } from '../utils/i18n.js';
import { isAbort } from '../utils/problem.js';

const BASE = '/api/v1';

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */
/** @typedef {{method?: string, query?: Query, body?: unknown, signal?: AbortSignal, keepalive?: boolean}} Options */

/** What the server refused, or a server that did not answer (`code` is `UNREACHABLE`). */
export class ApiError extends Error {
  /** @param {{status: number, code: string, message: string, requestId?: string | null, wait?: number}} fields */
  constructor({ status, code, message, requestId = null, wait = 0 }) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    /** Seconds after which the server wants to be asked again. */
    this.wait = wait;
    this.retryable = status === 0 || status === 429 || status >= 500;
  }
}

/** @type {Set<() => void>} */
const signedOutListeners = new Set();
/** @type {Set<() => void>} */
const unreachableListeners = new Set();
/** @type {Set<(path: string, milliseconds: number) => void>} */
const timeListeners = new Set();

/**
 * @param {() => void} listener called when the server no longer knows the session
 * @returns {() => void} unsubscribe
 */
export function onSignedOut(listener) {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/**
 * @param {() => void} listener called when a request had no answer
 * @returns {() => void} unsubscribe
 */
export function onUnreachable(listener) {
  unreachableListeners.add(listener);
  return () => unreachableListeners.delete(listener);
}

/**
 * @param {(path: string, milliseconds: number) => void} listener called with each answer's time
 * @returns {() => void} unsubscribe
 */
export function onAnswer(listener) {
  timeListeners.add(listener);
  return () => timeListeners.delete(listener);
}

/**
 * @param {string} path below `/api/v1`
 * @param {Query} [query] empty values are left out
 */
export function address(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return BASE + path + (text ? `?${text}` : '');
}

/**
 * Send a request; an answer that is not a success is thrown as an `ApiError`.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function send(path, { method = 'GET', query, body, signal, keepalive } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', 'Accept-Language': language() };
  const form = body instanceof FormData; // it names its type by itself
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json';
  const began = performance.now();
  let response;
  try {
    response = await fetch(address(path, query), {
      method,
      headers,
      body: body === undefined || form ? body : JSON.stringify(body),
      signal,
      keepalive,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    for (const listener of [...unreachableListeners]) listener();
    throw new ApiError({ status: 0, code: 'UNREACHABLE', message: String(error) });
  }
  for (const listener of timeListeners) listener(path, performance.now() - began);
  if (!response.ok) throw await errorOf(response);
  return response;
}

/**
 * Ask for one thing.
 * @template T
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<T>} the envelope's `data`
 */
export async function request(path, options) {
  const response = await send(path, options);
  return (await response.json()).data;
}

/**
 * Ask for one page of a list.
 * @template T
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<{items: T[], nextCursor: string | null}>}
 */
export async function requestPage(path, options) {
  const response = await send(path, options);
  const envelope = await response.json();
  return { items: envelope.data, nextCursor: envelope.next_cursor ?? null };
}

/** @param {Response} response */
async function errorOf(response) {
  const envelope = await response.json().catch(() => ({}));
  return errorFromEnvelope(response.status, envelope, (name) => response.headers.get(name));
}

/**
 * @param {number} status
 * @param {{error_code?: string, message?: string, request_id?: string}} envelope
 * @param {(name: string) => string | null} header of the answer
 */
export function errorFromEnvelope(status, envelope, header) {
  const code = envelope.error_code ?? (status >= 500 ? 'INTERNAL_ERROR' : 'UNKNOWN');
  if (status === 401 && code !== 'WRONG_CREDENTIALS') {
    for (const listener of [...signedOutListeners]) listener();
  }
  return new ApiError({
    status,
    code,
    message: envelope.message ?? '',
    requestId: envelope.request_id ?? header('X-Request-ID'),
    wait: Number(header('Retry-After')),
  });
}
