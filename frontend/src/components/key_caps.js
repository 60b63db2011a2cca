import { html } from 'lit';

import { keyNames } from '../utils/shortcuts.js';

/**
 * The keys of a shortcut, as they stand on the keyboard. Whoever listens hears `aria-keyshortcuts`.
 * @param {string} id
 */
export function keyCaps(id) {
  const ways = keyNames(id);
  return html`<span class="keys" aria-hidden="true">${ways.map((keys) => keys.map((key) => html`<kbd>${key}</kbd>`))}</span>`;
}
