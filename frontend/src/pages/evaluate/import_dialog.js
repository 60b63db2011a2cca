import { html, nothing } from 'lit';

import '../../components/dialog.js';
import { problemNote } from '../../components/problem_note.js';
import { notify } from '../../store/notices.js';
import { importTestSet } from '../../store/test_questions.js';
import { formatBytes } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** Asks for a test set in BEIR's layout. Emits `imported` with the new collection's id, and `close`. */
class ImportDialog extends LightElement {
  static properties = {
    limits: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    /** @type {import('../../evaluation_shapes.js').EvaluationOverview['limits'] | null} */
    this.limits = null;
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  render() {
    const { limits } = this;
    return html`<lo-dialog
      .open=${true}
      .closable=${!this.busy}
      .heading=${t('evaluate.import')}
      .content=${html`
        <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
          <p>${t('evaluate.import_lead')}</p>
          <label class="field">
            <span>${t('evaluate.import_name')}</span>
            <input name="name" required maxlength="100" autocomplete="off" autofocus />
          </label>
          <label class="field">
            <span>${t('evaluate.import_files')}</span>
            <input name="files" type="file" required multiple accept=".zip,.jsonl,.tsv" />
          </label>
          ${limits
            ? html`<small class="evaluate-lead">${t('evaluate.import_limits', {
                documents: limits.import_documents,
                questions: limits.import_questions,
                size: formatBytes(limits.import_bytes),
              })}</small>`
            : nothing}
          ${this.busy ? html`<p role="status">${t('evaluate.importing')}</p>` : nothing}
          ${this.problem ? problemNote(this.problem) : nothing}
          <div class="form-actions">
            <button type="button" class="button button-quiet" ?disabled=${this.busy} @click=${() => this.emit('close')}>${t('action.cancel')}</button>
            <button class="button button-primary" ?disabled=${this.busy}>${t('evaluate.import_do')}</button>
          </div>
        </form>
      `}
    ></lo-dialog>`;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    if (this.busy) return;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.busy = true;
    this.problem = null;
    try {
      const files = /** @type {File[]} */ (form.getAll('files'));
      const made = await importTestSet(String(form.get('name')).trim(), files);
      notify({ text: t('evaluate.imported', { name: made.name, documents: made.documents, questions: made.questions }) });
      this.emit('close');
      this.emit('imported', made.collection_id);
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-import-dialog', ImportDialog);
