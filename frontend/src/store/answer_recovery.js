import { toProblem } from '../utils/problem.js';
import { readNewest } from './thread_history.js';

/** @typedef {import('../shapes.js').Message} Message */

/**
 * How long to wait before each look, in seconds. A server that sees its reader go stores what it
 * has within three; one that does not, behind a network that is silent, writes the answer to its end.
 */
const PAUSES = [1, 2, 3, 5, 8, 13, 21, 34, 55];

/**
 * Look whether the server has an answer whose stream broke, until it can be reached and has it.
 * @param {string} conversationId
 * @param {string} answerId
 * @param {AbortSignal} signal
 * @returns {Promise<Message | null>}
 */
export async function lookForAnswer(conversationId, answerId, signal) {
  for (const pause of PAUSES) {
    await online(pause * 1000, signal);
    if (signal.aborted) return null;
    try {
      const { messages } = await readNewest(conversationId);
      const found = messages.find(({ id }) => id === answerId);
      if (found) return found;
    } catch (error) {
      if (toProblem(error).error_code === 'CONVERSATION_NOT_FOUND') return null;
      // Still away, or signed out meanwhile: the next look tells.
    }
  }
  return null;
}

/**
 * Find what the server made of a question whose answer never got here as a whole.
 * @param {string} conversationId
 * @param {{question: Message, answer: Message, known: Message[]}} broken
 * @returns {Promise<{question: Message, answer: Message} | null>}
 */
export async function findExchange(conversationId, { question, answer, known }) {
  const { messages } = await readNewest(conversationId);
  const ids = new Set(known.map(({ id }) => id));
  const at = messages.findLastIndex(({ id, role }, index) => {
    if (id === answer.id) return true;
    // The server took the question, and the connection broke before it could say so.
    return role === 'assistant' && !ids.has(id) && messages[index - 1]?.text === question.text;
  });
  return at > 0 ? { question: messages[at - 1], answer: messages[at] } : null;
}

/** @param {number} milliseconds @param {AbortSignal} signal wait so long, or until the network is back */
function online(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
