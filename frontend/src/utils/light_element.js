import { LitElement } from 'lit';

import { onLanguageChange } from './i18n.js';

/**
 * Base of every component: rendered into the page's own tree, so that labels, styles and find
 * reach across components, and drawn again when the language changes.
 */
export class LightElement extends LitElement {
  /** @type {(() => void) | undefined} */
  #unsubscribe;

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#unsubscribe = onLanguageChange(() => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#unsubscribe?.();
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  emit(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
  }
}

/**
 * Register an element once: a page's chunk may be evaluated again in development.
 * @param {string} name
 * @param {CustomElementConstructor} element
 */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
