import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/icon.js';
import { problemNote } from '../../components/problem_note.js';
import '../../components/run_settings.js';
import { $runs, $shown, isUnderWay, reloadRuns, showRun, startRun } from '../../store/evaluation_runs.js';
import { formatTime } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';
import { settingsText } from '../../utils/run_words.js';
import './run_view.js';

/** @typedef {import('../../evaluation_shapes.js').EvaluationOverview} EvaluationOverview */
/** @typedef {import('../../evaluation_shapes.js').SearchSettings} SearchSettings */

/** Other settings to try, and what came of them. Emits `view` and `import` where there is nothing to compare with. */
class CompareView extends LightElement {
  static properties = {
    collection: {},
    overview: { attribute: false },
    problem: { state: true },
    busy: { state: true },
  };

  #stores = new MultiStoreController(this, [$runs, $shown]);

  constructor() {
    super();
    this.collection = '';
    this.overview = /** @type {EvaluationOverview} */ (/** @type {unknown} */ (null));
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
    this.busy = false;
  }

  render() {
    const [{ items, state, problem }] = this.#stores.values;
    if (this.overview.questions === 0 && items.length === 0 && state !== 'loading') return this.#empty();
    return html`
      <section class="evaluate-card" aria-labelledby="compare-heading">
        <h2 id="compare-heading" tabindex="-1">${t('evaluate.compare')}</h2>
        <p class="evaluate-lead">${t('evaluate.compare_lead')}</p>
        <lo-run-settings
          .today=${this.overview.today}
          .most=${this.overview.limits.candidates}
          .questions=${this.overview.questions}
          ?busy=${this.busy || items.some(isUnderWay)}
          @start=${(/** @type {CustomEvent<SearchSettings>} */ { detail }) => void this.#start(detail)}
        ></lo-run-settings>
        ${this.problem ? problemNote(this.problem) : nothing}
      </section>
      ${state === 'failed' && problem ? problemNote(problem, () => void reloadRuns()) : nothing}
      ${items.length > 0 ? this.#runs() : nothing}
    `;
  }

  #empty() {
    const step = (/** @type {string} */ name) => html`<li><b>${t(`evaluate.way.${name}`)}</b> ${t(`evaluate.way.${name}_lead`)}</li>`;
    return html`
      <section class="evaluate-empty" data-testid="evaluate-empty">
        <lo-icon name="evaluate"></lo-icon>
        <h2 tabindex="-1">${t('evaluate.empty')}</h2>
        <p>${t('evaluate.empty_lead')}</p>
        <ul>${['typed', 'offers', 'import'].map(step)}</ul>
        <div class="evaluate-actions">
          <button type="button" class="button button-primary" @click=${() => this.emit('view', 'questions')}>
            <lo-icon name="plus"></lo-icon>${t('evaluate.question.first')}
          </button>
          <button type="button" class="button" @click=${() => this.emit('view', 'offers')}>${t('evaluate.see_offers')}</button>
          <button type="button" class="button" @click=${() => this.emit('import')}>${t('evaluate.import')}</button>
        </div>
      </section>
    `;
  }

  #runs() {
    const [{ items }, { run: shown }] = this.#stores.values;
    const run = items.find(({ id }) => id === shown) ?? null;
    return html`
      <section class="evaluate-card" aria-labelledby="run-heading">
        <div class="evaluate-head">
          <h2 id="run-heading">${t('evaluate.run')}</h2>
          ${items.length > 1
            ? html`<label class="field-inline">
                <span class="sr-only">${t('evaluate.run_choice')}</span>
                <select
                  aria-label=${t('evaluate.run_choice')}
                  @change=${(/** @type {any} */ { target }) => showRun(target.value)}
                >
                  ${items.map((item) => html`<option value=${item.id} ?selected=${item.id === shown}>
                    ${formatTime(item.created_at)} · ${settingsText(item.after.settings, item.before.settings)}
                  </option>`)}
                </select>
              </label>`
            : nothing}
        </div>
        ${run ? html`<lo-run-view .run=${run}></lo-run-view>` : nothing}
      </section>
    `;
  }

  /** @param {SearchSettings} settings */
  async #start(settings) {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await startRun(this.collection, settings);
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-compare-view', CompareView);
