import * as chat from '../services/chat.js';
import { optimistically } from './optimistic.js';

/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {Pick<Message, 'feedback' | 'comment'>} Rating */

/** What is said of a conversation's answers. */
export class Ratings {
  #find;
  #change;
  /** What is on its way: a thumb that arrived after its word would take that back. @type {Promise<unknown>} */
  #sent = Promise.resolve();

  /**
   * @param {(messageId: string) => Message | undefined} find
   * @param {(messageId: string, rating: Rating) => void} change
   */
  constructor(find, change) {
    this.#find = find;
    this.#change = change;
  }

  /** @param {string} messageId @param {1 | -1} value a second click takes it back */
  async rate(messageId, value) {
    const message = this.#find(messageId);
    if (message) await this.#send(message, { feedback: message.feedback === value ? null : value, comment: null });
  }

  /** @param {string} messageId @param {string} comment why the thumb was given */
  async say(messageId, comment) {
    const message = this.#find(messageId);
    if (message?.feedback) await this.#send(message, { feedback: message.feedback, comment });
  }

  /** @param {Message} message @param {Rating} after */
  async #send({ id, feedback, comment }, after) {
    const earlier = this.#sent;
    const body = { value: after.feedback ?? /** @type {const} */ (0), ...(after.comment && { comment: after.comment }) };
    const sent = optimistically({
      show: () => this.#change(id, after),
      send: async () => {
        await earlier;
        return chat.giveFeedback(id, body, AbortSignal.timeout(15_000));
      },
      takeBack: () => this.#change(id, { feedback, comment }),
    });
    this.#sent = sent;
    // An earlier one may have been refused, and taken back, meanwhile.
    if ((await sent) && this.#sent === sent) this.#change(id, after);
  }
}
