import { atom } from 'nanostores';

import * as service from '../services/collections.js';
import { isAbort, toNamedProblem, toProblem } from '../utils/problem.js';
import { drop, loadCollections } from './collections.js';
import { $user } from './session.js';

/** @typedef {import('../shapes.js').Access} Access */
/** @typedef {import('../shapes.js').Member} Member */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {{collection: string | null, items: Member[], state: 'idle' | 'loading' | 'failed', problem: Problem | null}} Members */

/** Who may see the collection whose members are shown. `problem` is why the last change was not made. */
export const $members = atom(/** @type {Members} */ ({ collection: null, items: [], state: 'idle', problem: null }));
let loading = new AbortController();

/** @param {string} collection */
export async function loadMembers(collection) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  $members.set({ collection, items: [], state: 'loading', problem: null });
  try {
    update({ items: await service.listMembers(collection, signal), state: 'idle' });
  } catch (error) {
    if (!isAbort(error)) update({ state: 'failed', problem: toProblem(error) });
  }
}

/**
 * @param {string} email
 * @param {Access} access
 * @returns {Promise<boolean>} whether the person is a member now
 */
export async function addMember(email, access) {
  const { collection } = $members.get();
  if (!collection) return false;
  update({ problem: null });
  try {
    const added = await service.putMember(collection, email, access);
    const others = $members.get().items.filter(({ user_id: id }) => id !== added.user_id);
    if ($members.get().collection === collection) update({ items: [...others, added] });
    void loadCollections(); // with how many they are
    return true;
  } catch (error) {
    update({ problem: toNamedProblem(error, 'LAST_OWNER') });
    return false;
  }
}

/** @param {Member} member @param {Access} access */
export function changeMember(member, access) {
  return attempt(
    (items) => items.map((item) => (item.user_id === member.user_id ? { ...item, access } : item)),
    (collection) => service.putMember(collection, member.email, access),
    () => {
      if (isMe(member)) void loadCollections();
    },
  );
}

/** @param {Member} member taken out; or, of oneself, leaving */
export function removeMember(member) {
  return attempt(
    (items) => items.filter(({ user_id: id }) => id !== member.user_id),
    (collection) => service.removeMember(collection, member.user_id),
    (collection) => {
      if (isMe(member)) drop(collection);
      else void loadCollections();
    },
  );
}

/** @param {string} collection @returns {Promise<void>} a refusal is thrown */
export async function leaveCollection(collection) {
  await service.removeMember(collection, $user.get()?.id ?? '');
  drop(collection);
}

/**
 * Show a change at once, and take it back with the reason when the server refuses.
 * @param {(items: Member[]) => Member[]} show
 * @param {(collection: string) => Promise<unknown>} make
 * @param {(collection: string) => void} made
 */
async function attempt(show, make, made) {
  const { collection, items: before } = $members.get();
  if (!collection) return;
  update({ items: show(before), problem: null });
  try {
    await make(collection);
    made(collection);
  } catch (error) {
    if ($members.get().collection === collection) update({ items: before, problem: toNamedProblem(error, 'LAST_OWNER') });
  }
}

/** @param {Member} member */
function isMe(member) {
  return member.user_id === $user.get()?.id;
}

/** @param {Partial<Members>} values */
function update(values) {
  $members.set({ ...$members.get(), ...values });
}
