import { formatBytes, formatLeft, formatPercent } from './format.js';
import { t } from './i18n.js';

/** @typedef {import('../shapes.js').Document} Document */
/** @typedef {import('../shapes.js').Upload} Upload */
/** @typedef {{sent: number, read: number, learnt: number}} Phases each from 0 to 1 */

/** Up to here a document's progress is reading; the rest is learning what it means. */
const READ = 0.3;

/** @param {Document} document @returns {Phases} */
export function documentPhases({ progress }) {
  return { sent: 1, read: Math.min(1, progress / READ), learnt: Math.max(0, (progress - READ) / (1 - READ)) };
}

/** @param {Document} document @returns {number} of how many of its passages the meaning is known */
export function learntPassages(document) {
  return Math.round(documentPhases(document).learnt * document.passages);
}

/** @param {Upload} upload @returns {Phases} */
export function uploadPhases({ progress, document }) {
  return document ? documentPhases(document) : { sent: progress, read: 0, learnt: 0 };
}

/** @param {Document} document @returns {string} which phase it is in, and how far */
export function documentPhase(document) {
  const { read, learnt } = documentPhases(document);
  const part = document.status === 'searchable' ? learnt : read;
  const words = [t(`status.${document.status}`, { progress: part > 0 ? formatPercent(part) : '' }).trim()];
  if (document.left) words.push(formatLeft(document.left));
  return words.join(' · ');
}

/** @param {Upload} upload @returns {string} */
export function uploadPhase({ status, progress, bytes, left, document }) {
  if (status === 'done' && document) return documentPhase(document);
  const sent = formatBytes(bytes * progress);
  const words = [t(`upload.${status}`, { progress: formatPercent(progress), sent, size: formatBytes(bytes) })];
  if (status === 'uploading' && left) words.push(formatLeft(left));
  return words.join(' · ');
}
