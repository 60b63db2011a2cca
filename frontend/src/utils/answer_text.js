import { withoutCitationMarks } from './citation_marks.js';

/** @typedef {import('../shapes.js').Message} Message */

/**
 * What "copy" puts on the clipboard: the words, and below them what the numbers stand for.
 * @param {Message} message
 * @param {(page: number) => string} pageWords
 */
export function answerAsText({ text, sources, citations }, pageWords) {
  const cited = new Set(citations.map(({ n }) => n));
  const lines = sources
    .filter(({ n }) => cited.has(n))
    .map(({ n, title, page }) => `[${n}] ${title}${page ? `, ${pageWords(page)}` : ''}`);
  return lines.length > 0 ? `${text.trim()}\n\n${lines.join('\n')}` : text.trim();
}

/**
 * An answer without its Markdown's signs and its numbers: near enough to what is drawn of it to be
 * found by the same words.
 * @param {string} text
 */
export function plainWords(text) {
  return withoutCitationMarks(text).replace(/\*\*|__|`+|^#{1,6} |^ {0,3}> /gm, '');
}
