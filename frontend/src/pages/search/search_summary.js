import { html } from 'lit';

import '../../components/icon.js';
import { formatMilliseconds } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';

/** @typedef {import('../../shapes.js').SearchResult} SearchResult */

/**
 * How many there are, how long each way of searching took, and which one did not answer.
 * @param {SearchResult} result
 * @param {number} most how many were asked for: there may be more
 */
export function searchSummary({ hits, degraded, cached, timings }, most) {
  const time = (/** @type {number | undefined} */ milliseconds) => formatMilliseconds(milliseconds ?? 0);
  const { total_ms: total, bm25_ms: words, embed_ms: embed = 0, vector_ms: vector } = timings;
  const parts = cached
    ? [t('search.remembered', { time: time(total) })]
    : [
        words === undefined ? null : t('search.time_words', { time: time(words) }),
        vector === undefined ? null : t('search.time_meaning', { time: time(embed + vector) }),
        t('search.time_total', { time: time(total) }),
      ].filter(Boolean);
  return html`
    ${degraded.map((branch) => html`<p class="search-degraded">
      <lo-icon name="alert"></lo-icon>${t(`search.degraded.${branch}`)}
    </p>`)}
    ${hits.length > 0
      ? html`<p class="search-summary">
          <strong>${hits.length < most ? t('search.found', { count: hits.length }) : t('search.best', { count: hits.length })}</strong>
          <span aria-hidden="true">${parts.join(' · ')}</span>
        </p>`
      : html`<span class="sr-only">${t('search.none_found')}</span>`}
  `;
}
