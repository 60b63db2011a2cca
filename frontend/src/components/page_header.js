import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import './icon.js';

/**
 * What every page begins with: the way to the sidebar where that is a drawer, and the title.
 * @param {string} title
 * @param {() => void} openDrawer
 * @param {unknown} [beside] what stands at the other end
 */
export function pageHeader(title, openDrawer, beside = nothing) {
  return html`
    <header class="page-header">
      <button
        type="button"
        class="icon-button drawer-button"
        aria-label=${t('frame.open_sidebar')}
        aria-controls="sidebar"
        @click=${openDrawer}
      ><lo-icon name="menu"></lo-icon></button>
      <h1 class="page-title">${title}</h1>
      ${beside}
    </header>
  `;
}
