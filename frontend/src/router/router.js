import { pageIsOutdated, reloadPage } from '../store/page_version.js';
import { $session } from '../store/session.js';
import { t } from '../utils/i18n.js';
import { savesData } from '../utils/lazy.js';
import { problemText, toProblem } from '../utils/problem.js';
import { PAGES } from './page_loader.js';
import { matchRoute, safePath } from './routes.js';

/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {HTMLElement & {params?: Record<string, string>, page?: Node, path?: string}} PageElement */

/**
 * Shows the page of the address. Pages ask to go elsewhere with a `navigate` event; links of
 * this site are followed without loading, and fetch their page's code when pointed at.
 */
export class Router {
  #outlet;
  #measure;
  /** @type {PageElement | null} */
  #frame = null;
  /** @type {PageElement | null} */
  #page = null;
  #going = 0;
  /** The path that is shown: what is searched may change without another page. @type {string | null} */
  #shown = null;

  /**
   * @param {HTMLElement} outlet
   * @param {(page: string, milliseconds: number) => void} measure
   */
  constructor(outlet, measure) {
    this.#outlet = outlet;
    this.#measure = measure;
  }

  start() {
    addEventListener('popstate', () => void this.#show());
    document.addEventListener('click', (event) => this.#onClick(event));
    document.addEventListener('pointerover', (event) => this.#onPoint(event));
    document.addEventListener('focusin', (event) => this.#onPoint(event));
    document.addEventListener('navigate', (event) => {
      const { path, replace } = /** @type {CustomEvent} */ (event).detail;
      this.go(path, { replace });
    });
    // Signing in from the dialog keeps the page; from the sign-in page it goes on.
    $session.listen(() => void this.#show());
    void this.#show();
  }

  /** @param {string} path @param {{replace?: boolean}} [options] */
  go(path, { replace = false } = {}) {
    if (path === location.pathname + location.search) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', path);
    void this.#show();
  }

  /** @param {string} path */
  preload(path) {
    const match = matchRoute(path);
    if (!match) return;
    PAGES[match.route.page].load().catch(() => {});
    if (match.route.framed) PAGES.frame.load().catch(() => {});
  }

  /** @param {Problem} problem @param {() => void} retry */
  showProblem(problem, retry) {
    const box = document.createElement('main');
    box.className = 'start-problem';
    const said = document.createElement('div');
    said.setAttribute('role', 'alert');
    const text = document.createElement('h1');
    text.textContent = problemText(problem);
    const button = document.createElement('button');
    button.className = 'button button-primary';
    button.textContent = t(problem.error_code === 'NEW_VERSION' ? 'action.reload' : 'action.retry');
    button.addEventListener('click', retry);
    said.append(text);
    box.append(said, button);
    if (problem.request_id) {
      const id = document.createElement('small');
      id.textContent = t('error.request_id', { id: problem.request_id });
      box.append(id);
    }
    this.#frame = this.#page = null;
    this.#outlet.replaceChildren(box);
  }

  async #show() {
    const target = this.#target();
    const match = matchRoute(target.split('?')[0]) ?? /** @type {never} */ (matchRoute('/'));
    if (target !== location.pathname + location.search) history.replaceState(null, '', target);
    const began = performance.now();
    this.#going += 1;
    const going = this.#going;
    try {
      const { page, framed } = match.route;
      await Promise.all([PAGES[page].load(), framed && PAGES.frame.load()]);
    } catch (error) {
      await this.#explain(error, going);
      return;
    }
    if (going !== this.#going) return; // gone elsewhere meanwhile
    this.#place(match);
    if (this.#shown !== location.pathname) this.#measure(match.route.page, performance.now() - began);
    this.#shown = location.pathname;
  }

  /**
   * @param {unknown} error why a page's code did not come: a newer version may have taken its place
   * @param {number} going
   */
  async #explain(error, going) {
    const outdated = await pageIsOutdated();
    if (going !== this.#going) return; // nobody waits for that page any more
    if (outdated) this.showProblem({ error_code: 'NEW_VERSION', message: '' }, () => void reloadPage());
    else this.showProblem({ ...toProblem(error), error_code: 'UNREACHABLE' }, () => void this.#show());
  }

  /** Where one may be: those who are not signed in are asked to, and come back afterwards. */
  #target() {
    const here = location.pathname + location.search;
    const known = matchRoute(location.pathname);
    const signedOut = $session.get() === 'signed_out';
    if (signedOut && known?.route.page !== 'sign_in') {
      return location.pathname === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`;
    }
    // Whoever is signed in may have been given a link all the same.
    if (!signedOut && known?.route.page === 'sign_in' && !known.params.token) {
      return safePath(new URLSearchParams(location.search).get('next'));
    }
    return known ? here : '/';
  }

  /** @param {import('./routes.js').Match} match */
  #place({ route, params }) {
    const same = this.#page?.localName === route.tag;
    const page = same ? this.#page : /** @type {PageElement} */ (document.createElement(route.tag));
    if (!page) return;
    page.params = params;
    this.#page = page;
    if (!route.framed) {
      this.#frame = null;
      if (!same) this.#outlet.replaceChildren(page);
      return;
    }
    if (!this.#frame) {
      this.#frame = /** @type {PageElement} */ (document.createElement('lo-frame'));
      this.#outlet.replaceChildren(this.#frame);
    }
    this.#frame.page = page;
    this.#frame.path = location.pathname;
  }

  /** @param {Event} event @returns {HTMLAnchorElement | null} a link that the router follows */
  #linkOf(event) {
    const link = /** @type {Element | null} */ (event.target)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement)) return null;
    const elsewhere = link.origin !== location.origin || link.target || link.hasAttribute('download');
    return elsewhere || !matchRoute(link.pathname) ? null : link;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = plain && !event.defaultPrevented ? this.#linkOf(event) : null;
    if (!link) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }

  /** @param {Event} event */
  #onPoint(event) {
    const link = this.#linkOf(event);
    if (link && !savesData()) this.preload(link.pathname);
  }
}
