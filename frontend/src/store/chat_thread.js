import { atom } from 'nanostores';

import * as chat from '../services/chat.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { AnswerStream } from './answer_stream.js';
import { answerDraft, questionMessage } from './chat_messages.js';
import { notifyProblem } from './notices.js';
import { mergeNewest, readEarlier, readNewest } from './thread_history.js';

/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {import('../shapes.js').Problem} Problem */
/** @typedef {'idle' | 'loading' | 'failed' | 'asking'} ThreadState */
/**
 * @typedef {object} Thread
 * @property {string | null} id `null` until the server has begun the conversation
 * @property {Message[]} messages
 * @property {ThreadState} state
 * @property {Problem | null} problem why it could not be opened
 * @property {string | null} earlier where to read on before the first of the messages
 * @property {'idle' | 'loading' | 'failed'} reading of what is earlier
 */
/** @typedef {{text: string, collectionIds?: string[], replaces?: string, fresh?: boolean}} Question */

/** One conversation as the page knows it. It goes on while another page is looked at. */
export class ChatThread {
  $state;
  /** The question as it was last asked, to ask it again. @type {Question | null} */
  #asked = null;
  #asking = new AbortController();
  #wantsAll = false;
  #onBegun;

  /**
   * @param {string | null} id
   * @param {(thread: ChatThread) => void} onBegun called when the server has taken a question
   */
  constructor(id, onBegun) {
    this.$state = atom(
      /** @type {Thread} */ ({
        id, messages: [], state: id ? 'loading' : 'idle', problem: null, earlier: null, reading: 'idle',
      }),
    );
    this.#onBegun = onBegun;
  }

  get id() {
    return this.$state.get().id;
  }

  /** @param {Partial<Thread>} change */
  #update(change) {
    this.$state.set({ ...this.$state.get(), ...change });
  }

  async load() {
    const { id, state } = this.$state.get();
    if (!id || state === 'asking') return;
    this.#update({ state: 'loading', problem: null });
    try {
      this.#update({ ...(await readNewest(id)), state: 'idle' });
    } catch (error) {
      this.#update({ state: 'failed', problem: toProblem(error) });
    }
  }

  /** Read what was said before the first message that is known. @param {{all?: boolean}} [options] */
  async loadEarlier({ all = false } = {}) {
    this.#wantsAll ||= all;
    const { id, reading } = this.$state.get();
    if (!id || reading === 'loading') return;
    this.#update({ reading: 'loading' });
    try {
      let cursor = this.$state.get().earlier;
      do {
        if (!cursor) break;
        const { messages, earlier } = await readEarlier(id, cursor);
        cursor = earlier;
        this.#update({ messages: [...messages, ...this.$state.get().messages], earlier });
      } while (this.#wantsAll);
      this.#update({ reading: 'idle' });
    } catch {
      this.#update({ reading: 'failed' });
    }
    this.#wantsAll = false;
  }

  /** Take in what has been said elsewhere, in another tab or before the connection broke. */
  async refresh() {
    const { id, state } = this.$state.get();
    if (!id || state !== 'idle') return;
    const read = await readNewest(id);
    const { messages, earlier, state: now } = this.$state.get();
    if (now === 'idle') this.#update(mergeNewest({ messages, earlier }, read));
  }

  /**
   * Ask, and show the answer as it comes.
   * @param {Question} question
   * @param {() => void} [onTaken] called when the server has taken the question
   * @returns {Promise<'accepted' | 'signed_out' | 'failed'>} what became of the question
   */
  async ask(question, onTaken = () => {}) {
    if (this.$state.get().state === 'asking') return 'failed';
    this.#asked = question;
    this.#asking = new AbortController();
    const kept = this.#messagesBefore(question);
    const before = this.$state.get().messages;
    const draft = answerDraft(this.id);
    this.#update({ messages: [...kept, questionMessage(this.id, question.text), draft], state: 'asking' });

    const stream = new AnswerStream(draft, (message) => this.#showAnswer(message));
    const outcome = await stream.read(this.#events(question), (id) => {
      onTaken();
      this.#begin(id);
    });
    this.#update({ state: 'idle' });
    if (outcome !== 'signed_out') return outcome;
    this.#update({ messages: before });
    return outcome;
  }

  /** Stop the model; what has arrived stays. */
  stop() {
    this.#asking.abort();
  }

  /** Ask the last question again: its answer broke off, or is not liked. */
  async askAgain() {
    const { messages } = this.$state.get();
    const answer = messages.at(-1);
    const question = messages.at(-2);
    if (!question || answer?.role !== 'assistant') return;
    await this.ask({
      text: question.text,
      collectionIds: this.#asked?.collectionIds,
      replaces: answer.id,
      fresh: true,
    });
  }

  /**
   * Ask the last question in other words: question and answer make way for the new ones.
   * @param {string} text
   */
  async editLast(text) {
    const answer = this.$state.get().messages.at(-1);
    const replaces = answer?.role === 'assistant' ? answer.id : undefined;
    return this.ask({ text, collectionIds: this.#asked?.collectionIds, replaces });
  }

  /** @param {string} messageId @param {1 | -1} value a second click takes it back */
  async giveFeedback(messageId, value) {
    const message = this.$state.get().messages.find(({ id }) => id === messageId);
    if (!message) return;
    const before = message.feedback;
    const after = before === value ? null : value;
    this.#change(messageId, { feedback: after });
    try {
      await chat.giveFeedback(messageId, after ?? 0, AbortSignal.timeout(15_000));
    } catch (error) {
      this.#change(messageId, { feedback: before });
      notifyProblem(error);
    }
  }

  /** @param {Question} question the last exchange goes when it is replaced */
  #messagesBefore({ replaces }) {
    const { messages } = this.$state.get();
    return replaces && messages.at(-1)?.id === replaces ? messages.slice(0, -2) : messages;
  }

  /** @param {Question} question */
  async *#events({ text, collectionIds, replaces, fresh }) {
    const body = {
      message: text,
      ...(this.id && { conversation_id: this.id }),
      ...(collectionIds && { collection_ids: collectionIds }),
      ...(fresh && { use_cache: false }),
    };
    const { signal } = this.#asking;
    const stored = replaces && !replaces.startsWith('draft-') ? { regenerate: replaces } : {};
    try {
      yield* chat.ask({ ...body, ...stored }, signal);
    } catch (error) {
      // An answer that broke off early may never have been stored: then there is none to replace.
      if (isAbort(error) || toProblem(error).error_code !== 'MESSAGE_NOT_FOUND') throw error;
      yield* chat.ask(body, signal);
    }
  }

  /** @param {string} conversationId */
  #begin(conversationId) {
    this.#update({ id: conversationId });
    this.#onBegun(this);
  }

  /** @param {Message} message */
  #showAnswer(message) {
    this.#update({ messages: [...this.$state.get().messages.slice(0, -1), message] });
  }

  /** @param {string} messageId @param {Partial<Message>} change */
  #change(messageId, change) {
    const { messages } = this.$state.get();
    this.#update({ messages: messages.map((m) => (m.id === messageId ? { ...m, ...change } : m)) });
  }
}
