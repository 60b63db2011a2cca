import { html } from 'lit';

import { formatFigure, formatSince } from '../utils/figures.js';
import { t } from '../utils/i18n.js';
import './icon.js';

/** @typedef {import('../shapes.js').Hint} Hint */

/**
 * What stands out, each with what to do about it.
 * @param {{hints: Hint[] | null, to: number}} found
 */
export function hintList({ hints, to }) {
  if (!hints) return html`<p class="hints-none"><lo-icon name="alert"></lo-icon>${t('hints.unknown')}</p>`;
  if (!hints.length) {
    return html`<p class="hints-none"><lo-icon name="check"></lo-icon>${t('hints.none')}</p>`;
  }
  return html`<ul class="hints">
    ${hints.map((hint) => html`
      <li class="hint hint-${hint.tone}" data-testid="hint" data-hint=${hint.code}>
        <lo-icon name="alert"></lo-icon>
        <div>
          <p class="hint-what"><span class="badge hint-badge">${t(`hints.${hint.tone}`)}</span> ${hintText(hint, to)}</p>
          <p class="hint-todo">${t(todoKey(hint))}</p>
        </div>
      </li>
    `)}
  </ul>`;
}

/** @param {Hint} hint @param {number} now */
export function hintText({ code, variant, values, since }, now) {
  const words = Object.entries(values).map(([name, value]) => [
    name,
    Array.isArray(value) ? formatFigure(...value) : name === 'stage' ? t(`stage.${value}`) : value,
  ]);
  return t(variant ? `hint.${code}.${variant}` : `hint.${code}`, {
    ...Object.fromEntries(words),
    since: since === undefined ? t('since.hour') : formatSince(since, now),
  });
}

/** @param {Hint} hint */
export function todoKey({ code, detail }) {
  return detail ? `hint.${code}.todo.${detail}` : `hint.${code}.todo`;
}
