import { html, nothing } from 'lit';

import '../../components/dialog.js';
import { problemNote } from '../../components/problem_note.js';
import { createCollection, renameCollection } from '../../store/collections.js';
import { loadDocuments } from '../../store/documents.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** Asks for a new collection's name, or for another one of the given. Emits `close`. */
class CollectionDialog extends LightElement {
  static properties = {
    open: { type: Boolean },
    collection: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    this.open = false;
    /** The one to rename. @type {import('../../shapes.js').Collection | null} */
    this.collection = null;
    this.busy = false;
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('open')) this.problem = null;
  }

  render() {
    const label = t(this.collection ? 'collection.rename' : 'collection.create');
    return html`<lo-dialog
      .open=${this.open}
      .heading=${label}
      .content=${html`
        <form class="form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
          <label class="field">
            <span>${t('collection.name')}</span>
            <input name="name" required maxlength="100" autocomplete="off" autofocus .value=${this.collection?.name ?? ''} />
          </label>
          ${this.problem ? problemNote(this.problem) : nothing}
          <div class="form-actions">
            <button type="button" class="button button-quiet" @click=${() => this.emit('close')}>${t('action.cancel')}</button>
            <button class="button button-primary" ?disabled=${this.busy}>${label}</button>
          </div>
        </form>
      `}
    ></lo-dialog>`;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('name')).trim();
    if (name === '' || this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      if (this.collection) await renameCollection(this.collection.id, name);
      else void loadDocuments({ collection: (await createCollection(name)).id, show: 'all', query: '' });
      this.emit('close');
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-collection-dialog', CollectionDialog);
