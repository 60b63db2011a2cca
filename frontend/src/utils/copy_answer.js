import { copyText } from './copy_text.js';
import { t } from './i18n.js';

/** @typedef {import('../shapes.js').Message} Message */

/**
 * Copy a message: its words, and below them what the numbers stand for.
 * @param {Message} message
 */
export function copyAnswer({ text, sources, citations }) {
  const cited = new Set(citations.map(({ n }) => n));
  const lines = sources
    .filter(({ n }) => cited.has(n))
    .map(({ n, title, page }) => `[${n}] ${title}${page ? `, ${t('source.page', { page })}` : ''}`);
  return copyText(lines.length > 0 ? `${text.trim()}\n\n${lines.join('\n')}` : text.trim());
}
