import { JSDOM } from 'jsdom';

const Channel = globalThis.BroadcastChannel;

/** One that does not keep a test waiting for what other tabs might say. */
class Tab extends Channel {
  /** @param {string} name */
  constructor(name) {
    super(name);
    /** @type {any} */ (this).unref();
  }
}

/** Give the modules under test a document, as a browser would. */
export function openBrowser(url = 'http://localhost/') {
  const { window } = new JSDOM('<!doctype html><div id="app"></div>', { url });
  const names = [
    'window', 'document', 'Node', 'NodeFilter', 'Element', 'HTMLElement', 'HTMLAnchorElement', 'DOMParser', 'localStorage',
    'location', 'history',
  ];
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      value: name === 'window' ? window : /** @type {any} */ (window)[name],
      configurable: true,
      writable: true,
    });
  }
  globalThis.addEventListener = window.addEventListener.bind(window);
  globalThis.dispatchEvent = window.dispatchEvent.bind(window);
  globalThis.removeEventListener = window.removeEventListener.bind(window);
  globalThis.Event = window.Event;
  globalThis.BroadcastChannel = Tab;
  globalThis.requestAnimationFrame = (task) => Number(setTimeout(() => task(0), 0));
  globalThis.cancelAnimationFrame = (handle) => clearTimeout(handle);
  return window;
}
