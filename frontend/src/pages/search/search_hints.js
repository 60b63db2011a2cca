import { html, nothing } from 'lit';

import { t } from '../../utils/i18n.js';
import { MODES } from '../../utils/search_address.js';

/** @typedef {import('../../shapes.js').Search} Search */

/**
 * What stands there before anything is searched.
 * @param {boolean} empty whether there is nothing to search
 */
export function searchHints(empty) {
  if (empty) {
    return html`<div class="search-hints">
      <h2>${t('search.no_documents')}</h2>
      <p>${t('search.no_documents_lead')}</p>
      <p><a class="button button-primary" href="/documents">${t('upload.add')}</a></p>
    </div>`;
  }
  return html`<div class="search-hints">
    <h2>${t('search.hints')}</h2>
    <p>${t('search.hints_lead')}</p>
    <dl>
      ${MODES.map((mode) => html`<div><dt>${t(`search.mode.${mode}`)}</dt><dd>${t(`search.mode_hint.${mode}`)}</dd></div>`)}
    </dl>
    <p class="search-keys">
      <span><kbd>↑</kbd> <kbd>↓</kbd> ${t('search.keys_move')}</span>
      <span><kbd>Enter</kbd> ${t('search.keys_open')}</span>
      <span><kbd>Esc</kbd> ${t('search.keys_close')}</span>
    </p>
  </div>`;
}

/**
 * What might help when nothing was found.
 * @param {Search} asked
 * @param {(change: Partial<Search>) => void} change
 */
export function nothingFound({ query, mode, collection }, change) {
  return html`<div class="search-nothing">
    <h2>${t('search.nothing', { query })}</h2>
    <p>${t('search.nothing_lead')}</p>
    <div class="search-nothing-actions">
      ${mode === 'hybrid'
        ? nothing
        : html`<button type="button" class="button" @click=${() => change({ mode: 'hybrid' })}>${t('search.try_both')}</button>`}
      ${collection
        ? html`<button type="button" class="button" @click=${() => change({ collection: null })}>${t('search.try_everywhere')}</button>`
        : nothing}
    </div>
  </div>`;
}
