/** @typedef {import('../shapes.js').Message} Message */

let made = 0;

/**
 * @param {string | null} conversationId
 * @param {Message['role']} role
 * @param {string} text
 * @returns {Message}
 */
function message(conversationId, role, text) {
  made += 1;
  const id = `draft-${made}`;
  return {
    id,
    key: id,
    conversation_id: conversationId ?? '',
    role,
    text,
    status: 'complete',
    sources: [],
    citations: [],
    model: null,
    degraded: [],
    cached: false,
    feedback: null,
    comment: null,
    timings: {},
    created_at: new Date().toISOString(),
  };
}

/** @param {string | null} conversationId @param {string} text */
export function questionMessage(conversationId, text) {
  return message(conversationId, 'user', text);
}

/** @param {string | null} conversationId @returns {Message} */
export function answerDraft(conversationId) {
  return { ...message(conversationId, 'assistant', ''), status: 'sending' };
}

/** @param {string} id whether the server has not told the message's own yet */
export function isDraft(id) {
  return id.startsWith('draft-');
}
