import { html } from 'lit';

import '../../components/dialog.js';
import en from '../../locales/replacing/en.json';
import ko from '../../locales/replacing/ko.json';
import { addMessages, t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

addMessages({ en, ko });

/** Asks before an earlier question takes what follows with it. Emits `replace`, or `close`. */
class ReplaceDialog extends LightElement {
  static properties = { count: { type: Number } };

  constructor() {
    super();
    /** How many messages give way beside its answer. */
    this.count = 0;
  }

  render() {
    return html`<lo-dialog
      .open=${true}
      .heading=${t('replace.heading')}
      .content=${html`
        <p>${t('replace.text', { count: this.count })}</p>
        <div class="form-actions">
          <button type="button" class="button button-quiet" autofocus @click=${() => this.emit('close')}>${t('action.cancel')}</button>
          <button type="button" class="button button-danger" @click=${() => this.emit('replace')}>${t('replace.do')}</button>
        </div>
      `}
    ></lo-dialog>`;
  }
}

define('lo-replace-dialog', ReplaceDialog);
