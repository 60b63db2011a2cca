import { atom } from 'nanostores';

import * as service from '../services/own_account.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { $user } from './session.js';

/** @typedef {import('../account_shapes.js').OwnSession} OwnSession */
/** @typedef {{items: OwnSession[], state: 'loading' | 'idle' | 'failed', problem: import('../shapes.js').Problem | null}} OwnSessions */

/** Where one is signed in, the last seen first. */
export const $sessions = atom(/** @type {OwnSessions} */ ({ items: [], state: 'loading', problem: null }));
let reading = new AbortController();

export async function loadSessions() {
  reading.abort();
  const { signal } = (reading = new AbortController());
  $sessions.set({ ...$sessions.get(), state: 'loading', problem: null });
  try {
    $sessions.set({ items: await service.listSessions(signal), state: 'idle', problem: null });
  } catch (error) {
    if (!isAbort(error)) $sessions.set({ ...$sessions.get(), state: 'failed', problem: toProblem(error) });
  }
}

/** @param {string} id @returns {Promise<void>} a refusal is thrown */
export async function endSession(id) {
  try {
    await service.endSession(id);
  } catch (error) {
    if (toProblem(error).error_code !== 'SESSION_NOT_FOUND') throw error; // it has ended: that was wanted
  }
  $sessions.set({ ...$sessions.get(), items: $sessions.get().items.filter((item) => item.id !== id) });
}

export async function endOtherSessions() {
  const { ended } = await service.endOtherSessions();
  await loadSessions();
  return ended;
}

/** @param {string} name */
export async function rename(name) {
  $user.set(await service.rename(name));
}

/** @param {{current: string, new: string}} passwords */
export async function changePassword(passwords) {
  await service.changePassword(passwords);
  await loadSessions(); // the others have ended
}
