import { html, nothing } from 'lit';

import '../../components/dialog.js';
import { problemNote } from '../../components/problem_note.js';
import { deleteCollection } from '../../store/collections.js';
import { leaveCollection } from '../../store/members.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toNamedProblem } from '../../utils/problem.js';

/** Asks before a collection is deleted with all that is in it, or left. Emits `close`. */
class RemovalDialog extends LightElement {
  static properties = {
    open: { type: Boolean },
    kind: {},
    collection: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    this.open = false;
    /** @type {'delete' | 'leave'} */
    this.kind = 'delete';
    /** @type {import('../../shapes.js').Collection | null} */
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
    const { collection, kind } = this;
    if (!collection) return nothing;
    const { name, documents } = collection;
    return html`<lo-dialog
      .open=${this.open}
      .heading=${t(`collection.${kind}`)}
      .content=${html`
        <p>${this.#question(kind, name, documents)}</p>
        ${this.problem ? problemNote(this.problem) : nothing}
        <div class="form-actions">
          <button type="button" class="button button-quiet" autofocus @click=${() => this.emit('close')}>${t('action.cancel')}</button>
          <button type="button" class="button button-danger" ?disabled=${this.busy} @click=${() => void this.#go()}>${t(`collection.${kind}`)}</button>
        </div>
      `}
    ></lo-dialog>`;
  }

  /** @param {'delete' | 'leave'} kind @param {string} name @param {number} count */
  #question(kind, name, count) {
    if (kind === 'leave') return t('collection.leave_asks', { name });
    return count > 0 ? t('collection.delete_asks', { name, count }) : t('collection.delete_asks_empty', { name });
  }

  async #go() {
    if (!this.collection || this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      const { id } = this.collection;
      await (this.kind === 'delete' ? deleteCollection(id) : leaveCollection(id));
      this.emit('close');
    } catch (error) {
      this.problem = toNamedProblem(error, this.kind === 'delete' ? 'ONLY_COLLECTION' : 'LAST_OWNER');
    } finally {
      this.busy = false;
    }
  }
}

define('lo-removal-dialog', RemovalDialog);
