import { html } from 'lit';

import { withoutCitationMarks } from '../utils/citation_marks.js';
import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';

/** @typedef {import('../shapes.js').Message} Message */

/**
 * Says to screen readers that an answer is being written, and reads it once when it has ended:
 * a live region around growing text would begin again with every word.
 */
class AnswerAnnouncer extends LightElement {
  static properties = { message: { attribute: false }, words: { state: true } };

  constructor() {
    super();
    /** @type {Message | null} */
    this.message = null;
    this.words = '';
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (!changed.has('message') || !this.message) return;
    const before = changed.get('message')?.status;
    const { status, text } = this.message;
    if (status === before) return;
    // A short answer may come and end within one frame, and is never seen streaming.
    const awaited = before === 'sending' || before === 'streaming';
    if (status === 'sending') this.words = t('message.searching');
    else if (awaited && status === 'complete') this.words = withoutCitationMarks(text);
    else if (awaited && status === 'stopped') this.words = t('message.stopped');
  }

  render() {
    return html`<div class="sr-only" role="status" aria-live="polite">${this.words}</div>`;
  }
}

define('lo-answer-announcer', AnswerAnnouncer);
