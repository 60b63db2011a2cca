import { atom } from 'nanostores';

import * as accounts from '../services/accounts.js';
import { ApiError, onSignedOut } from '../services/api_client.js';
import { readStored, removeStored, writeStored } from '../utils/local_storage.js';
import { isUnreachable, toProblem } from '../utils/problem.js';
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
/** Who it is was read from this browser, and the server has not been asked yet. */
let assumed = false;

/**
 * Ask who is here. Whoever was signed in the last time probably still is: then both questions
 * go at once; others are not asked for, so that no refusal is counted or logged. Without a
 * connection the page opens for who was signed in: it holds nothing but what was typed here.
 */
export async function loadSession() {
  const last = readStored('signed_in', /** @type {Pick<User, 'id' | 'name'> | null} */ (null));
  try {
    const [about, found] = await Promise.all([accounts.fetchAbout(), last && fetchUser()]);
    $about.set(about);
    const user = last || !about.model ? found : await fetchUser();
    welcome(user);
    // Whoever has come back from the identity provider in this tab goes on in the others.
    if (user) tabs?.postMessage(user);
  } catch (error) {
    if (!last?.id || !isUnreachable(error)) throw error;
    assumed = true;
    joinTabs(last.id);
    $user.set({ email: '', role: 'member', created_at: '', ...last });
    $session.set('signed_in');
  }
}

/**
 * Ask who is here, now that there is somebody to ask.
 * @returns {Promise<boolean>} whether it is who was assumed
 */
export async function confirmSession() {
  if (!assumed) return $session.get() === 'signed_in';
  try {
    const [about, user] = await Promise.all([accounts.fetchAbout(), fetchUser()]);
    $about.set(about);
    assumed = false;
    if (user && user.id !== $user.get()?.id) location.assign('/');
    else if (user) welcome(user);
    else $session.set('expired');
    return $session.get() === 'signed_in' && user?.id === $user.get()?.id;
  } catch {
    return false; // away again: this is asked once more when it is back
  }
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
  writeStored('signed_in', user && { id: user.id, name: user.name });
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

/** @param {{email: string, password: string, name: string, invitation?: string}} details */
export async function register(details) {
  await enter(await accounts.register(details));
}

export async function signOut() {
  const elsewhere = (await accounts.logout())?.sign_out_address;
  removeStored('draft.');
  removeStored('outbox.');
  removeStored('had_documents');
  writeStored('signed_in', null);
  tabs?.postMessage(null);
  leave(elsewhere ?? '/sign-in');
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

/** Go on as who has just signed in. @param {User} user */
export async function enter(user) {
  const before = $user.get();
  tabs?.postMessage(user);
  if (before && before.id !== user.id) {
    leave('/');
    return;
  }
  await loadAbout();
  welcome(user);
}
