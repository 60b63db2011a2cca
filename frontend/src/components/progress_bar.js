import { html } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';

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
    return html`<div
      class="progress"
      role="progressbar"
      aria-label=${this.label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(this.value * 100)}
    ><i style=${styleMap({ transform: `scaleX(${this.value})` })}></i></div>`;
  }
}

define('lo-progress-bar', ProgressBar);
