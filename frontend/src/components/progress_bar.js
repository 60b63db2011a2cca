import { html } from 'lit';

import { define, LightElement } from '../utils/light_element.js';

/** How far something has come, from 0 to 1. */
class ProgressBar extends LightElement {
  static properties = { value: { type: Number }, label: {} };

  constructor() {
    super();
    this.value = 0;
    this.label = '';
  }

  render() {
    // Not a styled box: Lit's styleMap begins with a style attribute, which the page's
    // Content-Security-Policy refuses.
    return html`<progress class="progress" max="1" .value=${this.value} aria-label=${this.label}></progress>`;
  }
}

define('lo-progress-bar', ProgressBar);
