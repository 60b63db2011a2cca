import { frameThrottle } from '../utils/frame_throttle.js';
import { isAbort, toProblem } from '../utils/problem.js';

/** @typedef {import('../shapes.js').Message} Message */
/** @typedef {import('../shapes.js').Problem} Problem */

/** Turns the events of one answer into a message that grows, at most once a frame. */
export class AnswerStream {
  #message;
  #show;
  #throttle;

  /**
   * @param {Message} draft
   * @param {(message: Message) => void} show
   */
  constructor(draft, show) {
    this.#message = draft;
    this.#show = show;
    this.#throttle = frameThrottle(() => show(this.#message));
  }

  /**
   * @param {AsyncIterable<{event: string, data: any}>} events
   * @param {(conversationId: string, questionId: string) => void} onBegun called once the server
   *   has taken the question
   * @returns {Promise<'accepted' | 'signed_out' | 'failed'>}
   */
  async read(events, onBegun) {
    let begun = false;
    let ended = false;
    try {
      for await (const { event, data } of events) {
        if (event === 'meta') {
          begun = true;
          onBegun(data.conversation_id, data.question_id);
        }
        ended ||= event === 'done' || event === 'error';
        this.#take(event, data);
      }
      if (!ended) this.#fail({ error_code: 'STREAM_BROKEN', message: '', retryable: true });
    } catch (error) {
      const problem = toProblem(error);
      if (isAbort(error)) this.#finish({ status: 'stopped' });
      else if (problem.error_code === 'NOT_SIGNED_IN' && !begun) return this.#giveUp();
      else this.#fail(begun ? { ...problem, error_code: 'STREAM_BROKEN' } : problem);
    }
    return begun ? 'accepted' : 'failed';
  }

  /** @param {string} event @param {any} data */
  #take(event, data) {
    switch (event) {
      case 'meta':
        this.#change({
          id: data.message_id,
          conversation_id: data.conversation_id,
          model: data.model,
          cached: data.cached ?? false,
          degraded: data.degraded ?? [],
          status: 'streaming',
        });
        break;
      case 'sources':
        this.#change({ sources: data.sources });
        break;
      case 'token':
        this.#change({ text: this.#message.text + data.text });
        break;
      case 'done':
        this.#finish({
          id: data.message_id ?? this.#message.id,
          citations: data.citations ?? [],
          // Another model may have stepped in while the answer was made.
          model: data.model ?? this.#message.model,
          degraded: data.degraded ?? this.#message.degraded,
          timings: data.timings ?? {},
          status: 'complete',
        });
        break;
      case 'error':
        this.#fail({
          error_code: data.error_code,
          message: data.message,
          retryable: data.retryable,
          request_id: data.request_id ?? null,
        });
    }
  }

  /** @param {Partial<Message>} change */
  #change(change) {
    this.#message = { ...this.#message, ...change };
    this.#throttle.schedule();
  }

  /** @param {Partial<Message>} change */
  #finish(change) {
    this.#message = { ...this.#message, ...change };
    this.#throttle.cancel();
    this.#show(this.#message);
  }

  /** @param {Problem} problem */
  #fail(problem) {
    this.#finish({ status: 'failed', problem });
  }

  /** @returns {'signed_out'} */
  #giveUp() {
    this.#throttle.cancel();
    return 'signed_out';
  }
}
