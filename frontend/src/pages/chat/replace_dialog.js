import './replace_dialog.css';

import { html, nothing } from 'lit';

import '../../components/dialog.js';
import en from '../../locales/replacing/en.json';
import ko from '../../locales/replacing/ko.json';
import { addMessages, t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

addMessages({ en, ko });

const SHOWN = 3;

/** Asks before an earlier question takes what follows with it. Emits `replace`, or `close`. */
class ReplaceDialog extends LightElement {
  static properties = { going: { attribute: false }, address: {} };

  constructor() {
    super();
    /** What gives way beside its answer. @type {import('../../shapes.js').Message[]} */
    this.going = [];
    /** Where the conversation can be had as a file, as it is now. */
    this.address = '';
  }

  render() {
    return html`<lo-dialog
      .open=${true}
      .heading=${t('replace.heading')}
      .content=${html`
        <p>${t('replace.text', { count: this.going.length })}</p>
        ${this.#questions()}
        <p><a href=${this.address} download>${t('replace.save')}</a></p>
        <div class="form-actions">
          <button type="button" class="button button-quiet" autofocus @click=${() => this.emit('close')}>${t('action.cancel')}</button>
          <button type="button" class="button button-danger" @click=${() => this.emit('replace')}>${t('replace.do')}</button>
        </div>
      `}
    ></lo-dialog>`;
  }

  #questions() {
    const questions = this.going.filter(({ role }) => role === 'user');
    const more = questions.length - SHOWN;
    return html`<ul class="replaced-questions" aria-label=${t('replace.questions')}>
      ${questions.slice(0, SHOWN).map(({ text }) => html`<li>${text}</li>`)}
      ${more > 0 ? html`<li>${t('replace.more', { count: more })}</li>` : nothing}
    </ul>`;
  }
}

define('lo-replace-dialog', ReplaceDialog);
