import { html } from 'lit';

import { formatMilliseconds } from '../utils/format.js';
import { t } from '../utils/i18n.js';
import { formatChange, formatMeasure, settingsText } from '../utils/run_words.js';
import { changeBadge } from './change_badge.js';

/** @typedef {import('../evaluation_shapes.js').Figures} Figures */
/** @typedef {import('../evaluation_shapes.js').Run} Run */

const MEASURES = /** @type {const} */ (['ndcg@10', 'recall@5', 'mrr@10']);
/** What changes less than this is told as the same: it is not shown either. */
const LEAST = 0.0005;

/**
 * A run's figures before and after, side by side.
 * @param {Run} run
 */
export function comparisonTable({ before, after }) {
  const old = /** @type {Figures} */ (before.figures);
  const now = /** @type {Figures} */ (after.figures);
  return html`
    <div class="comparison-scroll" role="region" aria-labelledby="comparison-caption" tabindex="0">
      <table class="comparison" data-testid="comparison">
        <caption id="comparison-caption" class="sr-only">${t('evaluate.figures')}</caption>
        <thead>
          <tr>
            <td></td>
            <th scope="col">${t('evaluate.before')}<small>${settingsText(before.settings)}</small></th>
            <th scope="col">${t('evaluate.after')}<small>${settingsText(after.settings, before.settings)}</small></th>
            <th scope="col">${t('evaluate.difference')}</th>
          </tr>
        </thead>
        <tbody>
          ${MEASURES.map((name) => html`<tr data-measure=${name}>
            <th scope="row">${t(`evaluate.measure.${name}`)}<small>${t(`evaluate.measure_hint.${name}`)}</small></th>
            <td>${formatMeasure(old[name])}</td>
            <td>${formatMeasure(now[name])}</td>
            <td>${changeBadge(changeOf(now[name] - old[name]), formatChange(now[name] - old[name]))}</td>
          </tr>`)}
          <tr data-measure="time">
            <th scope="row">${t('evaluate.measure.time')}<small>${t('evaluate.measure_hint.time')}</small></th>
            <td>${formatMilliseconds(old.p50_ms)}</td>
            <td>${formatMilliseconds(now.p50_ms)}</td>
            <td></td>
          </tr>
        </tbody>
      </table>
    </div>
  `;
}

/** @param {number} difference @returns {import('../evaluation_shapes.js').Change} */
function changeOf(difference) {
  if (Math.abs(difference) < LEAST) return 'same';
  return difference > 0 ? 'better' : 'worse';
}
