import { html } from 'lit';

import { define, LightElement } from '../utils/light_element.js';

/** How far a file has come through its phases: sent, read, learnt. */
class PhaseBar extends LightElement {
  static properties = { phases: { attribute: false }, label: {}, text: {} };

  constructor() {
    super();
    /** @type {import('../utils/phases.js').Phases} */
    this.phases = { sent: 0, read: 0, learnt: 0 };
    this.label = '';
    /** The phase in words. */
    this.text = '';
  }

  render() {
    const { sent, read, learnt } = this.phases;
    const whole = Math.round((sent + read + 2 * learnt) * 25);
    // Not styled boxes: Lit's styleMap begins with a style attribute, which the page's
    // Content-Security-Policy refuses.
    return html`<div
      class="phases"
      role="progressbar"
      aria-label=${this.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${whole}
      aria-valuetext=${this.text}
    >
      ${[sent, read, learnt].map((value) => html`<progress class="progress" max="1" .value=${value} aria-hidden="true"></progress>`)}
    </div>`;
  }
}

define('lo-phase-bar', PhaseBar);
