import { atom } from 'nanostores';

import * as accounts from '../services/accounts.js';
import { ApiError, onSignedOut } from '../services/api_client.js';
import { removeStored } from '../utils/local_storage.js';

/** @typedef {import('../shapes.js').About} About */
/** @typedef {import('../shapes.js').User} User */
/** @typedef {'unknown' | 'signed_out' | 'signed_in' | 'expired'} SessionState */

export const $about = atom(/** @type {About | null} */ (null));
export const $user = atom(/** @type {User | null} */ (null));
/** `expired`: signed in a moment ago, so what is on the screen stays while asking again. */
export const $session = atom(/** @type {SessionState} */ ('unknown'));

/** Ask who is here; both questions at once. */
export async function loadSession() {
  const [about, user] = await Promise.all([
    accounts.fetchAbout(),
    accounts.fetchMe().catch((error) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),
  ]);
  $about.set(about);
  $user.set(user);
  $session.set(user ? 'signed_in' : 'signed_out');
}

/** What the server says of itself differs once signed in: the model's name and hint. */
export async function loadAbout() {
  $about.set(await accounts.fetchAbout());
}

/** @param {{email: string, password: string}} credentials */
export async function signIn(credentials) {
  await welcome(await accounts.login(credentials));
}

/** @param {{email: string, password: string, name: string}} details */
export async function register(details) {
  await welcome(await accounts.register(details));
}

export async function signOut() {
  await accounts.logout();
  removeStored('draft.');
  // Everything that the page has read belongs to the account that has left.
  location.assign('/sign-in');
}

/** @returns {() => void} stop */
export function watchSession() {
  return onSignedOut(() => {
    if ($session.get() === 'signed_in') $session.set('expired');
  });
}

/** @param {User} user */
async function welcome(user) {
  const before = $user.get();
  if (before && before.id !== user.id) {
    location.assign('/');
    return;
  }
  await loadAbout();
  $user.set(user);
  $session.set('signed_in');
}
