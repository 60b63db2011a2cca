import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import './icon.js';

/**
 * Whether something got better or worse: an arrow, a word and a colour.
 * @param {import('../evaluation_shapes.js').Change} change
 * @param {string} [amount]
 */
export function changeBadge(change, amount) {
  const arrow = { better: 'arrow-up', worse: 'arrow-down', same: null }[change];
  return html`<span class="change change-${change}">
    ${arrow ? html`<lo-icon name=${arrow}></lo-icon>` : nothing}
    <span>${t(`evaluate.change.${change}`)}</span>
    ${amount && change !== 'same' ? html`<span class="change-amount">${amount}</span>` : nothing}
  </span>`;
}
