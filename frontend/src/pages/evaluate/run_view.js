import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/icon.js';
import { comparisonTable } from '../../components/comparison_table.js';
import { problemNote } from '../../components/problem_note.js';
import { runResult } from '../../components/run_result.js';
import {
  $results, $shown, cancelRun, deleteRun, isUnderWay, moreResults, reloadResults, showRun,
} from '../../store/evaluation_runs.js';
import { notifyProblem } from '../../store/notices.js';
import { t } from '../../utils/i18n.js';
import { keepFocus } from '../../utils/keep_focus.js';
import { define, LightElement } from '../../utils/light_element.js';
import { settingsText } from '../../utils/run_words.js';

/** @typedef {import('../../evaluation_shapes.js').Run} Run */

const CHANGES = /** @type {const} */ (['all', 'better', 'worse', 'same']);

/** One run: how far it is, and what came of it. */
class RunView extends LightElement {
  static properties = { run: { attribute: false } };

  #stores = new MultiStoreController(this, [$results, $shown]);

  constructor() {
    super();
    this.run = /** @type {Run} */ (/** @type {unknown} */ (null));
  }

  render() {
    const { status, error } = this.run;
    return html`
      <div class="run" data-testid="run" data-status=${status}>
        ${isUnderWay(this.run) ? this.#progress() : nothing}
        ${status === 'failed' && error ? problemNote(error) : nothing}
        ${status === 'cancelled' ? html`<p class="run-note">${t('evaluate.cancelled')}</p>` : nothing}
        ${status === 'done' ? this.#done() : nothing}
        ${isUnderWay(this.run)
          ? nothing
          : html`<button type="button" class="button button-quiet button-small" @click=${() => void this.#act(deleteRun)}>
              <lo-icon name="trash"></lo-icon>${t('evaluate.delete_run')}
            </button>`}
      </div>
    `;
  }

  #progress() {
    const { status, done, total, before, after } = this.run;
    const words = status === 'queued' ? t('evaluate.queued') : t('evaluate.running', { done, count: total });
    return html`
      <p class="run-compared">${settingsText(before.settings)} → ${settingsText(after.settings, before.settings)}</p>
      <p role="status">${words}</p>
      <progress class="progress" max=${Math.max(1, total)} .value=${done} aria-label=${t('evaluate.progress')}></progress>
      <button type="button" class="button button-small run-cancel" @click=${() => void this.#act(cancelRun)}>
        <lo-icon name="circle-stop"></lo-icon>${t('action.cancel')}
      </button>
    `;
  }

  #done() {
    const { run } = this;
    const { better, worse, total } = run;
    const counts = { all: total, better, worse, same: total - better - worse };
    const { change: chosen } = this.#stores.values[1];
    const degraded = Math.max(run.before.figures?.degraded ?? 0, run.after.figures?.degraded ?? 0);
    return html`
      ${comparisonTable(run)}
      ${run.left_out > 0 ? html`<p class="run-note">${t('evaluate.left_out', { count: run.left_out })}</p>` : nothing}
      ${degraded > 0 ? html`<p class="run-note run-warning"><lo-icon name="alert"></lo-icon>${t('evaluate.degraded', { count: degraded })}</p>` : nothing}
      <fieldset class="run-changes">
        <legend class="sr-only">${t('evaluate.results')}</legend>
        <div class="segments">
          ${CHANGES.map((change) => html`<label class="segment">
            <input
              type="radio"
              class="sr-only"
              name="run-change"
              value=${change}
              .checked=${change === chosen}
              @change=${() => showRun(run.id, change)}
            />${t(`evaluate.change.${change}`)} (${counts[change]})
          </label>`)}
        </div>
      </fieldset>
      ${this.#results()}
    `;
  }

  #results() {
    const [{ items, next, state, problem }] = this.#stores.values;
    if (state === 'failed' && problem) return problemNote(problem, () => void reloadResults());
    if (state === 'loading' && items.length === 0) {
      return html`<div class="skeleton-rows" aria-hidden="true"><i></i><i></i><i></i></div>`;
    }
    if (items.length === 0) return html`<p class="run-note">${t('evaluate.none_such')}</p>`;
    return html`
      <ul class="results" aria-label=${t('evaluate.results')} aria-busy=${state === 'loading'}>
        ${repeat(items, ({ question_id: id }) => id, (result) => html`<li>${runResult(result)}</li>`)}
      </ul>
      ${next
        ? html`<button type="button" class="button button-wide" @click=${() => void moreResults()}>${t('evaluate.more')}</button>`
        : nothing}
    `;
  }

  /** @param {(run: Run) => Promise<void>} act */
  async #act(act) {
    const page = this.closest('lo-compare-view');
    try {
      await act(this.run);
      await this.updateComplete;
      if (page) keepFocus(page, '#compare-heading, h2');
    } catch (error) {
      notifyProblem(error);
    }
  }
}

define('lo-run-view', RunView);
