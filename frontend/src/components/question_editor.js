import { html } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** A question in other words. Emits `save` (text) and `cancel`. */
export class QuestionEditor extends LightElement {
  static properties = { text: {} };

  constructor() {
    super();
    this.text = '';
  }

  render() {
    return html`
      <form class="question-editor" @submit=${this.#onSave} @keydown=${this.#onKey}>
        <textarea name="text" rows="3" required aria-label=${t('message.edit')} .value=${this.text}></textarea>
        <div class="form-actions">
          <button type="button" class="button button-quiet" @click=${() => this.emit('cancel')}>${t('action.cancel')}</button>
          <button class="button button-primary">${t('message.resend')}</button>
        </div>
      </form>
    `;
  }

  /** @param {string} text what it begins with */
  async begin(text) {
    await this.updateComplete;
    const area = /** @type {HTMLTextAreaElement} */ (this.querySelector('textarea'));
    area.value = text;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  /** @param {SubmitEvent} event */
  #onSave(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = String(fields.get('text')).trim();
    if (text !== '') this.emit('save', text);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.emit('cancel');
    } else if (event.key === 'Enter' && !event.shiftKey && event.target instanceof HTMLTextAreaElement) {
      event.preventDefault();
      event.target.form?.requestSubmit();
    }
  }
}

define('lo-question-editor', QuestionEditor);
