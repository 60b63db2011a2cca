import { t } from '../utils/i18n.js';
import { notify, notifyProblem } from './notices.js';
import { whenSignedIn } from './session.js';

/** As long as the notice that offers to undo is shown. */
const DELAY = 6500;

/** @typedef {(options: {keepalive?: boolean}) => Promise<unknown>} Deletion */

/** @type {Map<string, () => void>} */
const pending = new Map();

/** @param {string} id whether this is being deleted, unless somebody takes it back */
export function isBeingDeleted(id) {
  return pending.has(id);
}

/**
 * Delete one thing, or several together, after a while in which it can be taken back. Leaving the
 * page ends the wait.
 * @param {{id?: string, ids?: string[], text: string, remove: Deletion, undo: () => void}} options
 */
export function deleteWithUndo({ id = '', ids = [id], text, remove, undo }) {
  const settle = () => {
    for (const each of ids) pending.delete(each);
  };


  /** @param {{keepalive?: boolean}} [options] */
  async function commit(options = {}) {
    clearTimeout(timer);
    dismiss();
    try {
      await (options.keepalive ? remove(options) : whenSignedIn(() => remove(options)));
      settle();
    } catch (error) {
      settle();
      undo();
      notifyProblem(error);
    }
  }

  const timer = setTimeout(commit, DELAY);
  const leave = () => void commit({ keepalive: true });
  for (const each of ids) pending.set(each, leave);
  const dismiss = notify({
    text,
    action: {
      label: t('action.undo'),
      run: () => {
        clearTimeout(timer);
        settle();
        dismiss();
        undo();
      },
    },
  });
}

/** Carry out what waits: the page is being left. */
export function commitDeletions() {
  for (const commit of new Set(pending.values())) commit();
}
