import { MultiStoreController } from '@nanostores/lit';
import { html } from 'lit';

import '../../components/dialog.js';
import '../../components/settings_panel.js';
import { notifyProblem } from '../../store/notices.js';
import { $language, $theme, chooseLanguage, chooseTheme } from '../../store/preferences.js';
import { $about, $user, loadAbout, signOut } from '../../store/session.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** The settings of this browser and this account. Emits `close`. */
class SettingsDialog extends LightElement {
  #stores = new MultiStoreController(this, [$about, $user, $language, $theme]);

  connectedCallback() {
    super.connectedCallback();
    // Whether the model answers may have changed since the page was opened.
    loadAbout().catch(() => {});
  }

  render() {
    const [about, user, language, theme] = this.#stores.values;
    return html`
      <lo-dialog
        .open=${true}
        .heading=${t('settings.title')}
        .content=${html`<lo-settings-panel
          .about=${about}
          .user=${user}
          .language=${language}
          .theme=${theme}
          @language=${(/** @type {CustomEvent} */ { detail }) => void chooseLanguage(detail)}
          @theme=${(/** @type {CustomEvent} */ { detail }) => chooseTheme(detail)}
          @open-shortcuts=${() => this.emit('close')}
          @sign-out=${() => void signOut().catch(notifyProblem)}
        ></lo-settings-panel>`}
      ></lo-dialog>
    `;
  }
}

define('lo-settings-dialog', SettingsDialog);
