import { openBrowser } from './browser.js';
import { until } from './server.js';

/** A router over pages whose code comes when a test says so. */
export class RoutedPage {
  /** The pages whose code has been fetched, in order. @type {string[]} */
  loads = [];
  /** The pages whose time has been measured. @type {string[]} */
  measured = [];
  /** What the server says its page is. */
  serverPage = '';
  /** @type {Map<string, Promise<unknown>>} */
  #ways = new Map();

  async open() {
    const window = /** @type {any} */ (openBrowser());
    Object.assign(globalThis, { MouseEvent: window.MouseEvent, CustomEvent: window.CustomEvent });
    this.window = window;
    const script = document.createElement('script');
    script.setAttribute('src', '/static/runtime.aaaaaaaaaaaaaaaa.js');
    document.body.append(script);
    globalThis.fetch = async () => new Response(this.serverPage);
    const { PAGES } = await import('../../src/router/page_loader.js');
    const { $session } = await import('../../src/store/session.js');
    const { Router } = await import('../../src/router/router.js');
    this.pages = /** @type {any} */ (PAGES);
    this.session = $session;
    for (const name of Object.keys(PAGES)) await this.renew(name);
    this.outlet = /** @type {HTMLElement} */ (document.getElementById('app'));
    this.router = new Router(this.outlet, (page) => this.measured.push(page));
    $session.set('signed_in');
    this.router.start();
    return this;
  }

  /** Stand at the beginning, signed in, with nothing counted. */
  async begin() {
    this.#ways.clear();
    this.session?.set('signed_in');
    this.router?.go('/');
    await until(() => this.shown === 'lo-chat-page');
    this.loads.length = this.measured.length = 0;
  }

  /** Forget that a page's code has come. @param {string} name */
  async renew(name) {
    const { Lazy } = await import('../../src/utils/lazy.js');
    this.pages[name] = new Lazy(async () => {
      this.loads.push(name);
      await this.#ways.get(name);
    });
  }

  /** A page's code that comes, or not, when the test says so. @param {string} name */
  hold(name) {
    /** @type {{come: (value?: unknown) => void, fail: (error: Error) => void}} */
    const way = { come: () => {}, fail: () => {} };
    this.#ways.set(name, new Promise((resolve, reject) => Object.assign(way, { come: resolve, fail: reject })));
    return way;
  }

  /** From now on every page's code comes at once. */
  letCome() {
    this.#ways.clear();
  }

  /** @param {string} path @param {string} page wait until that one is shown */
  async go(path, page) {
    this.router?.go(path);
    await until(() => this.shown === page);
  }

  /** @returns {any} */
  get frame() {
    return this.outlet?.querySelector('lo-frame');
  }

  /** @returns {string} the page that is seen */
  get shown() {
    return this.frame?.page?.localName ?? this.outlet?.firstElementChild?.localName ?? '';
  }

  get here() {
    const { pathname, search } = this.window.location;
    return pathname + search;
  }
}

/** Wait until nothing that has begun is still on its way. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
