import { JSDOM } from 'jsdom';

/** Give the modules under test a document, as a browser would. */
export function openBrowser(url = 'http://localhost/') {
  const { window } = new JSDOM('<!doctype html><div id="app"></div>', { url });
  const names = ['window', 'document', 'Node', 'NodeFilter', 'Element', 'HTMLElement', 'DOMParser', 'localStorage', 'location'];
  for (const name of names) {
    Object.defineProperty(globalThis, name, {
      value: name === 'window' ? window : /** @type {any} */ (window)[name],
      configurable: true,
      writable: true,
    });
  }
  globalThis.requestAnimationFrame = (task) => Number(setTimeout(() => task(0), 0));
  globalThis.cancelAnimationFrame = (handle) => clearTimeout(handle);
  return window;
}
