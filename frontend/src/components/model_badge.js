import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';

/** @typedef {import('../shapes.js').Model} Model */

/**
 * Which language model answers, in a word or two.
 * @param {Model} model
 */
export function modelName(model) {
  return model.provider === 'extractive' ? t('model.none') : model.name;
}

/** Which model answers. Emits `explain` when asked for more. */
class ModelBadge extends LightElement {
  static properties = { model: { attribute: false } };

  constructor() {
    super();
    /** @type {Model | undefined} */
    this.model = undefined;
  }

  render() {
    if (!this.model) return nothing;
    const { available } = this.model;
    return html`
      <button
        type="button"
        class="model-badge"
        data-testid="model-badge"
        data-provider=${this.model.provider}
        title=${t('model.explain')}
        @click=${() => this.emit('explain')}
      >
        <lo-icon name=${available ? 'model' : 'alert'}></lo-icon>
        <span>${modelName(this.model)}</span>
        ${available ? nothing : html`<span class="badge badge-warn">${t('model.away')}</span>`}
      </button>
    `;
  }
}

define('lo-model-badge', ModelBadge);
