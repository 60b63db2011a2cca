import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {{label: string, icon: string, run?: () => void, href?: string, danger?: boolean}} MenuItem */

/** A button that opens a menu in the top layer, where no scrolling list cuts it off. */
class Menu extends LightElement {
  static properties = {
    label: {},
    items: { attribute: false },
    opened: { state: true },
  };

  #panel = createRef();
  #button = createRef();

  constructor() {
    super();
    this.label = '';
    /** @type {MenuItem[]} */
    this.items = [];
    // A closed menu has no items: there may be thousands of closed menus.
    this.opened = false;
  }

  get #popover() {
    return /** @type {HTMLElement} */ (this.#panel.value);
  }

  render() {
    return html`
      <button
        ${ref(this.#button)}
        type="button"
        class="icon-button"
        aria-haspopup="menu"
        aria-expanded=${this.opened}
        aria-label=${this.label}
        title=${this.label}
        @click=${this.#open}
      ><lo-icon name="more"></lo-icon></button>
      <div
        ${ref(this.#panel)}
        class="menu"
        role="menu"
        popover="auto"
        aria-label=${this.label}
        @keydown=${this.#onKey}
        @toggle=${this.#onToggle}
      >
        ${this.opened ? this.items.map((item) => this.#item(item)) : nothing}
      </div>
    `;
  }

  /** @param {MenuItem} item */
  #item({ label, icon, run, href, danger }) {
    const content = html`<lo-icon name=${icon}></lo-icon>${label}`;
    if (href) {
      return html`<a role="menuitem" class="menu-item" href=${href} download @click=${this.#close}>${content}</a>`;
    }
    const act = () => {
      this.#close();
      run?.();
    };
    return html`<button
      type="button"
      role="menuitem"
      class="menu-item ${danger ? 'menu-item-danger' : ''}"
      @click=${act}
    >${content}</button>`;
  }

  async #open() {
    const panel = this.#popover;
    if (this.opened) return this.#close();
    this.opened = true;
    await this.updateComplete;
    panel.showPopover();
    const anchor = /** @type {HTMLElement} */ (this.#button.value).getBoundingClientRect();
    const { width, height } = panel.getBoundingClientRect();
    const left = Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8));
    const below = anchor.bottom + 4;
    panel.style.left = `${left}px`;
    panel.style.top = `${below + height > innerHeight - 8 ? Math.max(8, anchor.top - height - 4) : below}px`;
    /** @type {HTMLElement | null} */ (panel.querySelector('[role=menuitem]'))?.focus();
  }

  #close() {
    this.#popover.hidePopover();
  }

  /** @param {ToggleEvent} event */
  #onToggle({ newState }) {
    this.opened = newState === 'open';
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.#popover.querySelectorAll('[role=menuitem]')]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    const to = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (event.key === 'Escape') event.stopPropagation();
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length)?.focus();
  }
}

define('lo-menu', Menu);
