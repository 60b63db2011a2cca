import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

import { Router } from './router/router.js';
import { onAnswer } from './services/api_client.js';
import { onBack, watchConnection } from './store/connection.js';
import { watchPageVersion } from './store/page_version.js';
import { applyPreferences, watchPreferences } from './store/preferences.js';
import { loadSession, watchSession } from './store/session.js';
import { commitDeletions } from './store/undoable.js';
import { toProblem } from './utils/problem.js';
import { VitalsReporter } from './utils/vitals_reporter.js';
import { whenIdle } from './utils/when_idle.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const reporter = new VitalsReporter();
const router = new Router(app, (name, milliseconds) => reporter.record(`page:${name}`, milliseconds));

/** Whether the page waits for the server: then it begins by itself when there is one. */
let waiting = false;

async function start() {
  waiting = false;
  // The words, the account and the page's own code are fetched at the same time.
  router.preload(location.pathname);
  const words = applyPreferences();
  try {
    await Promise.all([words, loadSession()]);
  } catch (error) {
    await words;
    waiting = true;
    router.showProblem(toProblem(error), () => void start());
    return;
  }
  router.start();
}

watchSession();
watchPreferences();
watchConnection();
onBack(() => waiting && void start());
onAnswer((path, milliseconds) => reporter.record(`api:/${path.split('/')[1]}`, milliseconds));
addEventListener('pagehide', commitDeletions);
whenIdle(watchPageVersion);
void start().finally(() => whenIdle(() => reporter.start()));
