import { atom } from 'nanostores';

import * as service from '../services/people.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { listing } from './listing.js';
import { notifyProblem } from './notices.js';

/** @typedef {import('../account_shapes.js').Invitation} Invitation */
/** @typedef {import('../account_shapes.js').OneTimeLink} OneTimeLink */
/** @typedef {import('../account_shapes.js').Person} Person */
/** @typedef {import('../shapes.js').Role} Role */

const people = listing((/** @type {string} */ q, cursor, signal) => service.listPeople(q, cursor, signal));

/** Everybody with an account, as far as they have been asked for. */
export const $people = people.$list;
export const findPeople = people.load;
export const morePeople = people.more;
export const readPeopleAgain = people.again;

/** @param {string} id @param {{role?: Role, suspended?: boolean}} change @returns {Promise<boolean>} whether it was made */
export async function changePerson(id, change) {
  try {
    const changed = await service.changePerson(id, change);
    people.change((items) => items.map((item) => (item.id === id ? changed : item)));
    return true;
  } catch (error) {
    notifyProblem(error);
    return false;
  }
}

/** @param {string} id @param {string} heir @returns {Promise<void>} a refusal is thrown */
export async function deletePerson(id, heir) {
  await service.deletePerson(id, heir);
  people.change((items) => items.filter((item) => item.id !== id));
}

/** @param {string} id @returns {Promise<OneTimeLink | null>} */
export async function makeResetLink(id) {
  try {
    return await service.makeResetLink(id);
  } catch (error) {
    notifyProblem(error);
    return null;
  }
}

/** @typedef {{items: Invitation[], state: 'loading' | 'idle' | 'failed', problem: import('../shapes.js').Problem | null}} Invitations */

/** What was made lately, the newest first. */
export const $invitations = atom(/** @type {Invitations} */ ({ items: [], state: 'loading', problem: null }));
let reading = new AbortController();

export async function loadInvitations() {
  reading.abort();
  const { signal } = (reading = new AbortController());
  try {
    $invitations.set({ items: await service.listInvitations(signal), state: 'idle', problem: null });
  } catch (error) {
    if (!isAbort(error)) $invitations.set({ ...$invitations.get(), state: 'failed', problem: toProblem(error) });
  }
}

/** @param {{email?: string, role: Role}} invitation @returns {Promise<OneTimeLink>} a refusal is thrown */
export async function invite(invitation) {
  const made = await service.invite(invitation);
  void loadInvitations();
  return made;
}

/** @param {string} id */
export async function withdrawInvitation(id) {
  try {
    await service.withdrawInvitation(id);
  } catch (error) {
    notifyProblem(error);
  }
  await loadInvitations();
}
