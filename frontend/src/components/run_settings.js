import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import { formatNumber, settingsText } from '../utils/run_words.js';
import { MODES } from '../utils/search_address.js';
import './icon.js';

/** @typedef {import('../evaluation_shapes.js').SearchSettings} SearchSettings */

const LEAST_CANDIDATES = 10;

/** Settings to compare today's with. Emits `start` with them. */
class RunSettings extends LightElement {
  static properties = {
    today: { attribute: false },
    most: { type: Number },
    questions: { type: Number },
    busy: { type: Boolean },
    chosen: { state: true },
  };

  constructor() {
    super();
    this.today = /** @type {SearchSettings} */ (/** @type {unknown} */ (null));
    this.most = 1000;
    this.questions = 0;
    this.busy = false;
    /** What was changed. @type {Partial<SearchSettings>} */
    this.chosen = {};
  }

  /** @returns {SearchSettings} */
  get #settings() {
    return { ...this.today, ...this.chosen };
  }

  get #differs() {
    const { mode, vector_weight: weight, candidates } = this.#settings;
    const { today } = this;
    // The weight is that of fusion: without it, it changes nothing.
    return mode !== today.mode || candidates !== today.candidates || (mode === 'hybrid' && weight !== today.vector_weight);
  }

  render() {
    const { mode, vector_weight: weight, candidates } = this.#settings;
    return html`
      <form class="run-settings" @submit=${this.#onSubmit}>
        <p class="run-today">${t('evaluate.today', { settings: settingsText(this.today) })}</p>
        <fieldset>
          <legend>${t('evaluate.mode')}</legend>
          <div class="segments">
            ${MODES.map((name) => html`<label class="segment">
              <input
                type="radio"
                class="sr-only"
                name="run-mode"
                value=${name}
                .checked=${name === mode}
                @change=${() => this.#choose({ mode: name })}
              />${t(`evaluate.segment.${name}`)}
            </label>`)}
          </div>
        </fieldset>
        <label class="field run-weight">
          <span>${t('evaluate.weight')} <output>${formatNumber(weight)}</output></span>
          <input
            type="range"
            name="weight"
            min="0"
            max="1"
            step="0.05"
            .value=${String(weight)}
            aria-valuetext=${formatNumber(weight)}
            ?disabled=${mode !== 'hybrid'}
            @input=${(/** @type {any} */ { target }) => this.#choose({ vector_weight: Number(target.value) })}
          />
          <small>${mode === 'hybrid' ? t('evaluate.weight_hint') : t('evaluate.weight_unused')}</small>
        </label>
        <label class="field run-candidates">
          <span>${t('evaluate.candidates')}</span>
          <input
            type="number"
            name="candidates"
            inputmode="numeric"
            required
            min=${LEAST_CANDIDATES}
            max=${this.most}
            .value=${String(candidates)}
            @input=${(/** @type {any} */ { target }) => this.#choose({ candidates: Number(target.value) })}
          />
          <small>${t('evaluate.candidates_hint')}</small>
        </label>
        <div class="run-start">
          <button class="button button-primary" ?disabled=${this.busy || !this.#differs || this.questions === 0}>
            <lo-icon name="evaluate"></lo-icon>${t('evaluate.start', { count: this.questions })}
          </button>
          ${this.#why()}
        </div>
      </form>
    `;
  }

  /** Say why nothing can be started. */
  #why() {
    if (this.questions === 0) return html`<p>${t('evaluate.why_no_questions')}</p>`;
    if (this.busy) return html`<p>${t('evaluate.why_busy')}</p>`;
    return this.#differs ? nothing : html`<p>${t('evaluate.why_same')}</p>`;
  }

  /** @param {Partial<SearchSettings>} change */
  #choose(change) {
    this.chosen = { ...this.chosen, ...change };
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    if (this.busy || !this.#differs) return;
    this.emit('start', this.#settings);
  }
}

define('lo-run-settings', RunSettings);
