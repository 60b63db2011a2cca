import { isDraft } from './chat_messages.js';

/** @typedef {import('../shapes.js').Message} Message */

/**
 * @param {Message[]} messages
 * @param {string} id of a question or its answer
 * @returns {number} where the answer stands
 */
function answerPlace(messages, id) {
  const at = messages.findIndex((message) => message.id === id);
  return messages[at]?.role === 'user' ? at + 1 : at;
}

/** @param {Message[]} messages @param {string} id @returns {Message[]} those that stand after its exchange */
export function messagesAfter(messages, id) {
  return messages.slice(answerPlace(messages, id) + 1);
}

/** @param {Message[]} messages @param {string | undefined} answerId @returns {Message[]} those before its question */
export function messagesBefore(messages, answerId) {
  const at = messages.findIndex(({ id }) => id === answerId);
  return at > 0 ? messages.slice(0, at - 1) : messages;
}

/**
 * What it takes to ask an earlier question again, with all that follows making way.
 * @param {Message[]} messages
 * @param {string} id of the question or its answer
 */
export function exchangeFrom(messages, id) {
  const at = answerPlace(messages, id);
  const [question, answer] = messages.slice(at - 1, at + 1);
  const last = messages.findLast((message) => !isDraft(message.id));
  return { text: question.text, asked: question.id, replaces: answer.id, until: last?.id };
}
