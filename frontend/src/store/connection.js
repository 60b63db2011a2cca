import { atom } from 'nanostores';

import { onUnreachable } from '../services/api_client.js';
import { isReachable } from '../services/reachability.js';

/** @typedef {'online' | 'offline' | 'unreachable'} Connection */

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30_000;

/** `offline`: the browser has no network. `unreachable`: it has one, and the server does not answer. */
export const $connection = atom(/** @type {Connection} */ ('online'));
let pause = FIRST_PAUSE;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let asking = false;

const hasNetwork = () => navigator.onLine !== false;

/** @returns {() => void} stop */
export function watchConnection() {
  const listening = new AbortController();
  const { signal } = listening;
  addEventListener('offline', () => away('offline'), { signal });
  addEventListener('online', () => void checkConnection(), { signal });
  // One request may break for many reasons: the server is asked before anything is said.
  const stop = onUnreachable(() => void checkConnection());
  if (!hasNetwork()) away('offline');
  return () => {
    listening.abort();
    clearTimeout(timer);
    stop();
  };
}

/**
 * @param {() => void} listener called whenever the server answers again
 * @returns {() => void} unsubscribe
 */
export function onBack(listener) {
  return $connection.listen((now, before) => {
    if (now === 'online' && before !== 'online') listener();
  });
}

/** Ask whether the server answers; while it does not, again after longer and longer pauses. */
export async function checkConnection() {
  if (!hasNetwork()) return away('offline');
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const reached = await isReachable();
  asking = false;
  if (reached) {
    pause = FIRST_PAUSE;
    $connection.set('online');
    return;
  }
  if (!hasNetwork()) return away('offline');
  $connection.set('unreachable');
  timer = setTimeout(() => void checkConnection(), pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

/** @param {Connection} state the browser itself tells when it has a network again */
function away(state) {
  clearTimeout(timer);
  pause = FIRST_PAUSE;
  $connection.set(state);
}
