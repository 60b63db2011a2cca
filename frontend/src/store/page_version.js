import { isOutdated, keepPage, replaceKeptPage } from '../services/page_version.js';
import { t } from '../utils/i18n.js';
import { onLoadFailure } from '../utils/lazy.js';
import { notify, notifyProblem } from './notices.js';

const INTERVAL = 30 * 60_000;

/** @type {ServiceWorkerRegistration | null} */
let registration = null;
let offered = false;
let checkedAt = 0;

/** Notice when the server has a newer page, and offer it: one that is in use is never changed under the hand. */
export function watchPageVersion() {
  checkedAt = Date.now();
  onLoadFailure(() => void check());
  document.addEventListener('visibilitychange', checkSometimes);
  setInterval(checkSometimes, INTERVAL);
  if (SERVICE_WORKER) void keep();
}

/** @returns {Promise<boolean>} false too when it cannot be told */
export function pageIsOutdated() {
  return isOutdated().catch(() => false);
}

/** Say that a part of the page did not come, where no newer page has taken its place: that one is offered. */
export async function explainMissing() {
  if (!(await pageIsOutdated())) notifyProblem({ code: 'UNREACHABLE' });
}

/** Go on with the newer page. */
export async function reloadPage() {
  if (registration) await replaceKeptPage(registration);
  location.reload();
}

/** Compare this page with the server's. */
export async function check() {
  checkedAt = Date.now();
  if (offered) return;
  try {
    if (await isOutdated()) offer();
  } catch {
    // Without an answer there is nothing to tell.
  }
}

async function keep() {
  registration = await keepPage(() => void check());
}

function checkSometimes() {
  if (document.visibilityState !== 'visible' || Date.now() - checkedAt < INTERVAL) return;
  registration?.update().catch(() => {});
  void check();
}

function offer() {
  if (offered) return;
  offered = true;
  notify({
    text: t('version.ready'),
    action: { label: t('action.reload'), run: () => void reloadPage() },
    lasting: true,
  });
}
