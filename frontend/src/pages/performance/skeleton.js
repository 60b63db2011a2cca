import { html } from 'lit';

import { t } from '../../utils/i18n.js';

const TILES = 6;
const CHARTS = 6;

/** What the page looks like before its figures have come. */
export function skeleton() {
  const blocks = (/** @type {number} */ count, /** @type {string} */ kind) =>
    Array.from({ length: count }, () => html`<div class="${kind} skeleton-lines"><i></i><i></i><i></i></div>`);
  return html`
    <div class="performance-figures" aria-busy="true">
      <p class="sr-only" role="status">${t('performance.loading')}</p>
      <section aria-hidden="true">
        <h2>${t('hints.title')}</h2>
        <div class="hints-none skeleton-lines"><i></i></div>
      </section>
      <section aria-hidden="true">
        <h2>${t('performance.key_figures')}</h2>
        <div class="tiles">${blocks(TILES, 'tile tile-skeleton')}</div>
      </section>
      <section aria-hidden="true">
        <h2>${t('performance.section.server')}</h2>
        <div class="charts">${blocks(CHARTS, 'chart-card chart-skeleton')}</div>
      </section>
    </div>
  `;
}
