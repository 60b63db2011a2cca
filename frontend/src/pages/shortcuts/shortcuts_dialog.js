import './shortcuts_dialog.css';

import { StoreController } from '@nanostores/lit';
import { html } from 'lit';

import '../../components/dialog.js';
import { keyCaps } from '../../components/key_caps.js';
import { $singleKeys, chooseSingleKeys } from '../../store/preferences.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { ariaKeys, GROUPS, SHORTCUTS } from '../../utils/shortcuts.js';
import './words.js';

/** All keys, and the choice to do without those that are single signs. Emits `close`. */
class ShortcutsDialog extends LightElement {
  #single = new StoreController(this, $singleKeys);

  render() {
    return html`<lo-dialog
      .open=${true}
      .heading=${t('shortcuts.title')}
      .content=${html`
        <div class="shortcuts">
          ${GROUPS.map((group) => this.#group(group))}
          <label class="check">
            <input
              type="checkbox"
              .checked=${this.#single.value}
              @change=${(/** @type {any} */ { target }) => chooseSingleKeys(target.checked)}
            />
            <span>${t('shortcuts.single')}<small>${t('shortcuts.single_explained')}</small></span>
          </label>
        </div>
      `}
    ></lo-dialog>`;
  }

  /** @param {typeof GROUPS[number]} group */
  #group(group) {
    const shortcuts = SHORTCUTS.filter((item) => item.group === group);
    return html`
      <section>
        <h3>${t(`shortcuts.group.${group}`)}</h3>
        <dl>
          ${shortcuts.map(({ id, single }) => html`<div class=${single && !this.#single.value ? 'shortcut-off' : ''}>
            <dt>${t(`shortcut.${id}`)}</dt>
            <dd>${keyCaps(id)}<span class="sr-only">${ariaKeys(id)}</span></dd>
          </div>`)}
        </dl>
      </section>
    `;
  }
}

define('lo-shortcuts-dialog', ShortcutsDialog);
