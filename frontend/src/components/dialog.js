import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/**
 * A modal dialog. Emits `close` when it has been left; `content` is a template, drawn here: its
 * listeners are arrow functions, or `this` would be the dialog.
 */
class Dialog extends LightElement {
  static properties = {
    open: { type: Boolean },
    heading: {},
    content: { attribute: false },
    closable: { type: Boolean },
  };

  #dialog = createRef();
  /** @type {HTMLElement | null} what had the focus before it */
  #before = null;

  constructor() {
    super();
    this.open = false;
    this.heading = '';
    /** @type {unknown} */
    this.content = nothing;
    this.closable = true;
  }

  render() {
    if (!this.open) return nothing;
    return html`
      <dialog
        ${ref(this.#dialog)}
        class="dialog"
        aria-labelledby="dialog-heading"
        @close=${this.#onClose}
        @cancel=${this.#onCancel}
        @click=${this.#onClick}
      >
        <div class="dialog-body">
          <header class="dialog-header">
            <h2 id="dialog-heading">${this.heading}</h2>
            ${this.closable
              ? html`<button type="button" class="icon-button" aria-label=${t('action.close')} @click=${this.#leave}>
                  <lo-icon name="close"></lo-icon>
                </button>`
              : nothing}
          </header>
          ${this.content}
        </div>
      </dialog>
    `;
  }

  updated() {
    const dialog = /** @type {HTMLDialogElement | undefined} */ (this.#dialog.value);
    if (!dialog) this.#giveFocusBack();
    else if (!dialog.open) {
      this.#before = /** @type {HTMLElement | null} */ (document.activeElement);
      dialog.showModal();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#giveFocusBack();
  }

  /** Taken away while it is open, a dialog leaves the focus nowhere. */
  #giveFocusBack() {
    if (document.activeElement === document.body) this.#before?.focus();
    this.#before = null;
  }

  #leave() {
    /** @type {HTMLDialogElement | undefined} */ (this.#dialog.value)?.close();
  }

  /** @param {Event} event */
  #onClose(event) {
    event.stopPropagation();
    if (this.open) this.emit('close');
  }

  /** @param {Event} event */
  #onCancel(event) {
    event.stopPropagation();
    if (!this.closable) event.preventDefault();
  }

  /** @param {MouseEvent} event a click beside the dialog leaves it */
  #onClick(event) {
    if (this.closable && event.target === this.#dialog.value) this.#leave();
  }
}

define('lo-dialog', Dialog);
