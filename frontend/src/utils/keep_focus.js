/**
 * Give the focus to something near, where what had it is gone: keys alone would begin at the page's top again.
 * @param {Element} root
 * @param {string} selector
 */
export function keepFocus(root, selector) {
  if (document.activeElement && document.activeElement !== document.body) return;
  /** @type {HTMLElement | null} */ (root.querySelector(selector))?.focus();
}

/** Where files are chosen; else the page as a whole. */
const PLACES = ['#main lo-file-buttons button', '#main lo-composer button', '#main'];

/** Keeps the focus with a list as its rows go and come, and near it when the last one has gone. */
export class KeptFocus {
  #host;
  #selector;
  #within;
  #held = false;

  /**
   * @param {import('lit').LitElement} host
   * @param {string} selector what in the host takes it over
   * @param {string} [within] the part of the host that loses it
   */
  constructor(host, selector, within) {
    this.#host = host;
    this.#selector = selector;
    this.#within = within;
    host.addController(this);
  }

  hostUpdate() {
    const part = this.#within ? this.#host.querySelector(this.#within) : this.#host;
    this.#held = part?.contains(document.activeElement) ?? false;
  }

  hostUpdated() {
    if (!this.#held) return;
    keepFocus(this.#host, this.#selector);
    for (const place of PLACES) keepFocus(document.body, place);
  }
}
