import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { problemText } from '../utils/problem.js';
import './icon.js';

/**
 * A problem in words, with the request's id for whoever looks into it.
 * @param {import('../shapes.js').Problem} problem
 * @param {(() => void) | null} [retry]
 * @param {string} [label] what trying again is called
 */
export function problemNote(problem, retry = null, label = t('action.retry')) {
  return html`
    <div class="problem" role="alert">
      <lo-icon name="alert"></lo-icon>
      <div class="problem-words">
        <p>${problemText(problem)}</p>
        ${problem.looking ? html`<p class="problem-looking">${t('message.looking')}</p>` : nothing}
        ${problem.request_id
          ? html`<small>${t('error.request_id', { id: problem.request_id })}</small>`
          : nothing}
      </div>
      ${retry
        ? html`<button type="button" class="button" @click=${retry}>${label}</button>`
        : nothing}
    </div>
  `;
}
