import { html, nothing } from 'lit';

import './icon.js';

/**
 * One figure, large, and whether it is as it should be: in words, with a sign and in colour.
 * @param {{id: string, label: string, value: string, detail: string, state?: 'good' | 'bad' | 'plain'}} tile
 */
export function statTile({ id, label, value, detail, state = 'plain' }) {
  return html`
    <div class="tile tile-${state}" data-testid="tile" data-tile=${id}>
      <dt>${label}</dt>
      <dd class="tile-value">${value}</dd>
      <dd class="tile-detail">
        ${state === 'plain' ? nothing : html`<lo-icon name=${state === 'good' ? 'check' : 'alert'}></lo-icon>`}
        <span>${detail}</span>
      </dd>
    </div>
  `;
}
