import { atom } from 'nanostores';

import * as accounts from '../services/accounts.js';
import { ApiError, onSignedOut } from '../services/api_client.js';
import { readStored, removeStored, writeStored } from '../utils/local_storage.js';
import { toProblem } from '../utils/problem.js';
import { joinTabs } from './tabs.js';

/** @typedef {import('../shapes.js').About} About */
/** @typedef {import('../shapes.js').User} User */
/** @typedef {'unknown' | 'signed_out' | 'signed_in' | 'expired'} SessionState */

export const $about = atom(/** @type {About | null} */ (null));
export const $user = atom(/** @type {User | null} */ (null));
/** `expired`: signed in a moment ago, so what is on the screen stays while asking again. */
export const $session = atom(/** @type {SessionState} */ ('unknown'));
/** Who has come or gone in another tab: they share the cookie. @type {BroadcastChannel | null} */
let tabs = null;

/**
 * Ask who is here. Whoever was signed in the last time probably still is: then both questions
 * go at once; others are not asked for, so that no refusal is counted or logged.
 */
export async function loadSession() {
  const likely = readStored('signed_in', false);
  const asked = likely ? fetchUser() : null;
  const about = await accounts.fetchAbout();
  const user = asked ? await asked : about.model ? await fetchUser() : null;
  $about.set(about);
  welcome(user);
}

async function fetchUser() {
  try {
    return await accounts.fetchMe();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** @param {User | null} user */
function welcome(user) {
  writeStored('signed_in', user ? true : null);
  joinTabs(user?.id ?? null);
  $user.set(user);
  $session.set(user ? 'signed_in' : 'signed_out');
}

/** What the server says of itself differs once signed in: the model's name and hint. */
export async function loadAbout() {
  $about.set(await accounts.fetchAbout());
}

/** @param {{email: string, password: string}} credentials */
export async function signIn(credentials) {
  await enter(await accounts.login(credentials));
}

/** @param {{email: string, password: string, name: string}} details */
export async function register(details) {
  await enter(await accounts.register(details));
}

export async function signOut() {
  await accounts.logout();
  removeStored('draft.');
  writeStored('signed_in', null);
  tabs?.postMessage(null);
  leave('/sign-in');
}

/** Everything that the page has read belongs to the account that has left. @param {string} path */
function leave(path) {
  location.assign(path);
}

/** @returns {() => void} stop */
export function watchSession() {
  const channel = new BroadcastChannel('likeopt.session');
  channel.addEventListener('message', ({ data }) => void followTab(data));
  tabs = channel;
  const unsubscribe = onSignedOut(() => {
    if ($session.get() === 'signed_in') $session.set('expired');
  });
  return () => {
    unsubscribe();
    channel.close();
    tabs = null;
  };
}

/** @param {User | null} user who is signed in now, by what another tab says */
async function followTab(user) {
  const before = $user.get();
  if (!user) {
    if (before) leave('/sign-in');
  } else if (before && before.id !== user.id) leave('/');
  else if ($session.get() !== 'signed_in') {
    await loadAbout().catch(() => {});
    welcome(user);
  }
}

/**
 * Do something; where the session has ended, once more after signing in again.
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function whenSignedIn(task) {
  try {
    return await task();
  } catch (error) {
    if (toProblem(error).error_code !== 'NOT_SIGNED_IN' || $session.get() !== 'expired') throw error;
  }
  await new Promise((resolve) => {
    const stop = $session.listen((state) => {
      if (state !== 'signed_in') return;
      stop();
      resolve(undefined);
    });
  });
  return task();
}

/** @param {User} user */
async function enter(user) {
  const before = $user.get();
  tabs?.postMessage(user);
  if (before && before.id !== user.id) {
    leave('/');
    return;
  }
  await loadAbout();
  welcome(user);
}
