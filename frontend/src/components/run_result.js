import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { formatChange } from '../utils/run_words.js';
import { changeBadge } from './change_badge.js';
import './icon.js';

/** @typedef {import('../evaluation_shapes.js').FoundPassage} FoundPassage */
/** @typedef {import('../evaluation_shapes.js').ResultSide} ResultSide */
/** @typedef {import('../evaluation_shapes.js').RunResult} RunResult */

/**
 * A question in a run: whether it got better or worse, and, opened, what each side found.
 * @param {RunResult} result
 */
export function runResult(result) {
  const { text, language, change, before, after } = result;
  return html`
    <details class="result" data-testid="result" data-change=${change}>
      <summary>
        <span class="result-question" lang=${language}>${text}</span>
        <span class="result-ranks">${t('evaluate.ranks', { before: place(before), after: place(after) })}</span>
        ${changeBadge(change, formatChange(result.ndcg_change))}
      </summary>
      <div class="result-sides">
        ${side(t('evaluate.before'), before)}
        ${side(t('evaluate.after'), after)}
      </div>
    </details>
  `;
}

/** @param {ResultSide} side where its first right passage stands */
function place({ rank }) {
  return rank ? t('evaluate.rank', { rank }) : t('evaluate.not_found');
}

/** @param {string} label @param {ResultSide} side */
function side(label, { found, degraded, rank }) {
  return html`
    <div class="result-side" role="group" aria-label=${label}>
      <h3>${label}</h3>
      ${degraded ? html`<p class="run-warning"><lo-icon name="alert"></lo-icon>${t('evaluate.side_degraded')}</p>` : nothing}
      ${found.length > 0
        ? html`<ol>${found.map((passage) => html`<li class=${passage.right ? 'is-right' : ''}>${shown(passage)}</li>`)}</ol>`
        : html`<p>${t('evaluate.found_nothing')}</p>`}
      ${rank && rank > found.length ? html`<p>${t('evaluate.further_down', { rank: t('evaluate.rank', { rank }) })}</p>` : nothing}
    </div>
  `;
}

/** @param {FoundPassage} passage */
function shown({ document_id: document, passage_id: id, title, page, heading, text, right }) {
  if (title === null) return html`<span class="result-gone">${t('evaluate.gone')}</span>`;
  const where = [page ? t('source.page', { page }) : null, heading === title ? null : heading].filter(Boolean);
  return html`
    <a href="/documents/${encodeURIComponent(document)}?passage=${id}">${title}</a>
    ${right ? html`<span class="right-badge"><lo-icon name="check"></lo-icon>${t('evaluate.right')}</span>` : nothing}
    ${where.length > 0 ? html`<span class="result-where">${where.join(' · ')}</span>` : nothing}
    <p>${text}</p>
  `;
}
