import { atom } from 'nanostores';

import * as chat from '../services/chat.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { findExchange, lookForAnswer } from './answer_recovery.js';
import { AnswerStream } from './answer_stream.js';
import { answerDraft, isDraft, questionMessage } from './chat_messages.js';
import { exchangeFrom, messagesBefore } from './exchanges.js';
import { Ratings } from './ratings.js';
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
/** @typedef {'accepted' | 'signed_out' | 'failed'} Outcome what became of a question */
/** @typedef {{text: string, collectionIds?: string[], replaces?: string, asked?: string, until?: string, fresh?: boolean}} Question */

/** One conversation as the page knows it. It goes on while another page is looked at. */
export class ChatThread {
  $state;
  /** The question as it was last asked, to ask it again. @type {Question | null} */
  #asked = null;
  #asking = new AbortController();
  #looking = new AbortController();
  #wantsAll = false;
  ratings = new Ratings((id) => this.$state.get().messages.find((m) => m.id === id), (id, change) => this.#change(id, change));
  /** Whether something was said elsewhere while this was asking. */
  #stale = false;
  #onBegun;
  #onEnded;

  /**
   * @param {string | null} id
   * @param {(thread: ChatThread) => void} onBegun called when the server has taken a question
   * @param {(thread: ChatThread, answer: Message) => void} [onEnded] called when its answer has ended
   */
  constructor(id, onBegun, onEnded = () => {}) {
    this.$state = atom(
      /** @type {Thread} */ ({
        id, messages: [], state: id ? 'loading' : 'idle', problem: null, earlier: null, reading: 'idle',
      }),
    );
    this.#onBegun = onBegun;
    this.#onEnded = onEnded;
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
    this.#stale = state !== 'idle';
    if (!id || this.#stale) return;
    try {
      const read = await readNewest(id);
      const { messages, earlier, state: now } = this.$state.get();
      this.#stale = now !== 'idle';
      if (!this.#stale) this.#update(mergeNewest({ messages, earlier }, read));
    } catch {
      // What is shown is still true; the next question tells what is wrong.
    }
  }

  /** It was deleted in another tab. */
  close() {
    this.stop();
    this.#looking.abort();
    const problem = { error_code: 'CONVERSATION_NOT_FOUND', message: '' };
    this.#update({ messages: [], state: 'failed', problem, earlier: null });
  }

  /**
   * Ask, and show the answer as it comes.
   * @param {Question} question
   * @param {(conversationId: string) => void} [onTaken] called when the server has taken the question
   * @returns {Promise<Outcome>}
   */
  async ask(question, onTaken = () => {}) {
    if (this.$state.get().state === 'asking') return 'failed';
    this.#asked = question;
    this.#asking = new AbortController();
    const before = this.$state.get().messages;
    const kept = messagesBefore(before, question.replaces);
    const draft = answerDraft(this.id);
    this.#update({ messages: [...kept, questionMessage(this.id, question.text), draft], state: 'asking' });

    const stream = new AnswerStream(draft, (message) => this.#showAnswer(message));
    const outcome = await stream.read(this.#events(question), (id, questionId) => {
      onTaken(id);
      this.#begin(id, questionId);
    });
    if (outcome === 'signed_out') this.#update({ messages: before, state: 'idle' });
    else this.#end();
    return outcome;
  }

  /**
   * Take an exchange off that was never begun.
   * @returns {Problem | null} why it was not
   */
  forgetFailed() {
    const { messages } = this.$state.get();
    const answer = messages.at(-1);
    if (answer?.status !== 'failed' || !isDraft(answer.id)) return null;
    this.#update({ messages: messages.slice(0, -2) });
    return answer.problem ?? null;
  }

  #end() {
    this.#update({ state: 'idle' });
    const answer = /** @type {Message} */ (this.$state.get().messages.at(-1));
    if (this.id) this.#onEnded(this, answer);
    if (answer.problem?.error_code === 'STREAM_BROKEN') void this.#lookFor(answer);
    if (this.#stale) void this.refresh();
  }

  /** What the network took away may be with the server. @param {Message} answer */
  async #lookFor({ id, problem }) {
    this.#looking = new AbortController();
    const { signal } = this.#looking;
    this.#change(id, { problem: { .../** @type {Problem} */ (problem), looking: true } });
    const found = await lookForAnswer(/** @type {string} */ (this.id), id, signal);
    if (signal.aborted) return;
    this.#change(id, { problem });
    if (found) this.#change(id, this.#recovered(found, problem));
  }

  /**
   * @param {Message} found
   * @param {Problem | null | undefined} problem nobody stopped it: the server saw its reader go
   * @returns {Partial<Message>}
   */
  #recovered(found, problem) {
    const { key: _key, ...message } = found;
    return found.status === 'complete' ? { ...message, problem: null } : { ...message, status: 'failed', problem };
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
    if (!question || answer?.role !== 'assistant') return 'failed';
    const replaces = answer.problem ? await this.#storedAnswer(question, answer) : answer.id;
    if (replaces === null) return 'accepted';
    const { collectionIds } = this.#asked ?? {};
    const asked = /** @type {Message} */ (this.$state.get().messages.at(-2)).id;
    return this.ask({ text: question.text, collectionIds, replaces, asked, fresh: true });
  }

  /**
   * Before a broken answer is asked for again: the server may have it, under an id that never came.
   * @param {Message} question
   * @param {Message} answer
   * @returns {Promise<string | null>} what is to be replaced; `null` when it is whole and shown
   */
  async #storedAnswer(question, answer) {
    this.#looking.abort();
    this.#change(answer.id, { problem: { .../** @type {Problem} */ (answer.problem), looking: false } });
    if (!this.id) return answer.id;
    const known = this.$state.get().messages;
    const found = await findExchange(this.id, { question, answer, known }).catch(() => null);
    if (!found) return answer.id;
    this.#change(question.id, { id: found.question.id });
    this.#change(answer.id, this.#recovered(found.answer, answer.problem));
    return found.answer.status === 'complete' ? null : found.answer.id;
  }

  /**
   * Ask the last question in other words: question and answer make way for the new ones.
   * @param {string} text
   */
  async editLast(text) {
    const [question, answer] = this.$state.get().messages.slice(-2);
    const replaces = answer?.role === 'assistant' ? answer.id : undefined;
    return this.ask({ text, collectionIds: this.#asked?.collectionIds, replaces, asked: question?.id });
  }

  /**
   * Ask an earlier question again, in other words or the same: what follows makes way too.
   * @param {string} messageId of the question or its answer
   * @param {string} [text]
   */
  async askFrom(messageId, text) {
    const exchange = exchangeFrom(this.$state.get().messages, messageId);
    const { collectionIds } = this.#asked ?? {};
    return this.ask({ ...exchange, ...(text !== undefined && { text }), collectionIds, fresh: text === undefined });
  }

  /** Whether the latest question took what followed with it. */
  get hasCut() {
    return this.#asked?.until !== undefined;
  }

  /** @param {Question} question */
  async *#events({ text, collectionIds, replaces, asked, until, fresh }) {
    const body = {
      message: text,
      ...(this.id && { conversation_id: this.id }),
      ...(collectionIds && { collection_ids: collectionIds }),
      ...(fresh && { use_cache: false }),
    };
    const { signal } = this.#asking;
    const stored = replaces && !isDraft(replaces) ? { regenerate: replaces } : {};
    // The server may still be writing what broke off here: by the question's id it is kept once.
    if (asked && !isDraft(asked)) Object.assign(stored, { question_id: asked });
    if (until) Object.assign(stored, { until });
    try {
      yield* chat.ask({ ...body, ...stored }, signal);
    } catch (error) {
      // Nobody told the question's id, and the answer was never stored: there is none to replace.
      if (until || isAbort(error) || toProblem(error).error_code !== 'MESSAGE_NOT_FOUND') throw error;
      yield* chat.ask(body, signal);
    }
  }

  /** @param {string} conversationId @param {string} [questionId] */
  #begin(conversationId, questionId) {
    this.#update({ id: conversationId });
    const question = this.$state.get().messages.at(-2);
    if (question && questionId) this.#change(question.id, { id: questionId });
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
