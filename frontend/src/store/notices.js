import { atom } from 'nanostores';

import { t } from '../utils/i18n.js';
import { problemText, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Notice} Notice */

const SHOWN_FOR = 7000;

export const $notices = atom(/** @type {Notice[]} */ ([]));
let lastId = 0;

/**
 * @param {Omit<Notice, 'id' | 'tone'> & {tone?: Notice['tone']}} notice
 * @returns {() => void} dismiss
 */
export function notify(notice) {
  lastId += 1;
  const id = lastId;
  const shown = $notices.get();
  const passing = shown.filter(({ lasting }) => !lasting).slice(-3);
  $notices.set([...shown.filter(({ lasting }) => lasting), ...passing, { tone: 'plain', ...notice, id }]);
  const timer = notice.lasting ? undefined : setTimeout(() => dismissNotice(id), SHOWN_FOR);
  return () => {
    clearTimeout(timer);
    dismissNotice(id);
  };
}

/**
 * Say in words what went wrong, with the request's id.
 * @param {unknown} error
 */
export function notifyProblem(error) {
  const problem = toProblem(error);
  // Signing in again is asked for by its own dialog.
  if (problem.error_code === 'NOT_SIGNED_IN') return;
  const detail = problem.request_id ? t('error.request_id', { id: problem.request_id }) : undefined;
  notify({ text: problemText(problem), detail, tone: 'bad' });
}

/** @param {number} id */
export function dismissNotice(id) {
  $notices.set($notices.get().filter((notice) => notice.id !== id));
}
