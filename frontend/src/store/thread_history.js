import { fetchMessages } from '../services/conversations.js';

/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {{messages: Message[], earlier: string | null}} History `earlier` is the cursor of what comes before */

/** What a screen shows, and a little more: a conversation opens at its end. */
const NEWEST = 40;
const EARLIER = 200;

/** @param {string} id @returns {Promise<History>} a conversation's end */
export async function readNewest(id) {
  const page = await fetchMessages(id, { limit: NEWEST }, AbortSignal.timeout(30_000));
  return { messages: page.items, earlier: page.nextCursor };
}

/** @param {string} id @param {string} cursor @returns {Promise<History>} what was said before */
export async function readEarlier(id, cursor) {
  const page = await fetchMessages(id, { limit: EARLIER, cursor }, AbortSignal.timeout(30_000));
  return { messages: page.items, earlier: page.nextCursor };
}

/**
 * Take in what the server holds at a conversation's end: other tabs and devices write there too.
 * What has not changed stays the same object, and what the server may not have yet stays at the end.
 * @param {History} known
 * @param {History} read
 * @returns {History}
 */
export function mergeNewest(known, read) {
  const places = new Map(known.messages.map((message, index) => [message.id, index]));
  const first = read.messages.findIndex(({ id }) => places.has(id));
  const from = first < 0 ? -1 : /** @type {number} */ (places.get(read.messages[first].id)) - first;
  const fresh = read.messages.map((message) => {
    const before = known.messages[places.get(message.id) ?? -1];
    return before ? renewed(before, message) : message;
  });
  const stored = new Set(read.messages.map(({ id }) => id));
  const kept = known.messages.filter(
    (message, index) => index >= from && !stored.has(message.id) && isUnsaved(message, known.messages[index + 1]),
  );
  // Nothing in common, or more at its beginning: what was known before no longer fits.
  if (from < 0) return { messages: [...fresh, ...kept], earlier: read.earlier };
  return { messages: [...known.messages.slice(0, from), ...fresh, ...kept], earlier: known.earlier };
}

/** @param {Message} message @param {Message | undefined} next whether the server may not know it */
function isUnsaved({ id, role, problem }, next) {
  return id.startsWith('draft-') || Boolean(problem) || (role === 'user' && Boolean(next?.problem));
}

/** @param {Message} before @param {Message} now */
function renewed(before, now) {
  const same = before.status === now.status && before.text === now.text && before.feedback === now.feedback;
  return same ? before : { ...now, key: before.key };
}
