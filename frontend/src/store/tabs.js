/**
 * What the tabs of one account tell each other, so that what was done in one shows in the others.
 * `conversation`: its newest state; `hidden`: an id that is being deleted; `shown`: a conversation
 * whose deletion was taken back; `deleted`: an id that is gone; `said`: an id with new messages.
 */

/** @typedef {import('../shapes.js').Conversation} Conversation */
/** @typedef {{conversation: Conversation, hidden: string, shown: Conversation, deleted: string, said: string}} News */

/** @type {BroadcastChannel | null} */
let channel = null;
/** @type {Map<keyof News, (detail: any) => void>} */
const listeners = new Map();

/** @param {string | null} userId whose tabs to listen to; `null` leaves them */
export function joinTabs(userId) {
  const name = `likeopt.${userId}`;
  if (channel?.name === name) return;
  channel?.close();
  channel = userId ? new BroadcastChannel(name) : null;
  channel?.addEventListener('message', ({ data }) => {
    listeners.get(data.kind)?.(data.detail);
  });
}

/**
 * @template {keyof News} K
 * @param {K} kind
 * @param {News[K]} detail
 */
export function tellTabs(kind, detail) {
  channel?.postMessage({ kind, detail });
}

/**
 * @template {keyof News} K
 * @param {K} kind each has one listener
 * @param {(detail: News[K]) => void} listener
 */
export function onTold(kind, listener) {
  listeners.set(kind, listener);
}
