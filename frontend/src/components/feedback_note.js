import './feedback_note.css';

import { html } from 'lit';

import en from '../locales/feedback/en.json';
import ko from '../locales/feedback/ko.json';
import { addMessages, t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

addMessages({ en, ko });

/** As many as the server takes. */
const MAX_CHARS = 4000;

/**
 * A word with a thumb: a field until it is sent, then thanks. Emits `comment` (text) and `close`;
 * what was typed is there again when the `comment` is taken back.
 */
class FeedbackNote extends LightElement {
  static properties = { value: { type: Number }, comment: {}, text: { state: true } };

  constructor() {
    super();
    /** @type {1 | -1} */
    this.value = 1;
    /** What has been said. @type {string | null} */
    this.comment = null;
    this.text = '';
  }

  render() {
    return html`<div class="feedback-note" data-testid="feedback-note" @keydown=${this.#onKey}>
      <p class="feedback-thanks" role="status">${this.comment ? t('feedback.thanks') : ''}</p>
      ${this.comment ? '' : this.#form()}
    </div>`;
  }

  #form() {
    const label = t(this.value === 1 ? 'feedback.good' : 'feedback.bad');
    return html`<form @submit=${this.#onSubmit}>
      <label class="feedback-field">
        <span>${label}</span>
        <textarea
          rows="1"
          maxlength=${MAX_CHARS}
          .value=${this.text}
          @input=${(/** @type {any} */ { target }) => (this.text = target.value)}
        ></textarea>
      </label>
      <div class="feedback-actions">
        <span class="feedback-read">${t('feedback.read')}</span>
        <button
          type="button"
          class="icon-button"
          aria-label=${t('feedback.close')}
          title=${t('feedback.close')}
          @click=${() => this.emit('close')}
        ><lo-icon name="close"></lo-icon></button>
        <button class="button button-small" ?disabled=${this.text.trim() === ''}>${t('feedback.send')}</button>
      </div>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  #onSubmit(event) {
    event.preventDefault();
    const text = this.text.trim();
    if (text !== '') this.emit('comment', text);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.emit('close');
    } else if (event.key === 'Enter' && !event.shiftKey && event.target instanceof HTMLTextAreaElement) {
      event.preventDefault();
      event.target.form?.requestSubmit();
    }
  }
}

define('lo-feedback-note', FeedbackNote);
