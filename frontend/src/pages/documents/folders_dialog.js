import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import '../../components/dialog.js';
import '../../components/icon.js';
import { problemNote } from '../../components/problem_note.js';
import { $folders, addFolder, loadFolders, removeFolder, watchFolders } from '../../store/folders.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { problemText } from '../../utils/problem.js';

/** @typedef {import('../../shapes.js').WatchedFolder} WatchedFolder */

/** The server's folders that a collection follows, for administrators. Emits `close`. */
class FoldersDialog extends LightElement {
  static properties = { open: { type: Boolean }, collection: { attribute: false }, busy: { state: true } };

  #stores = new MultiStoreController(this, [$folders]);
  #stop = () => {};

  constructor() {
    super();
    this.open = false;
    /** @type {import('../../shapes.js').Collection | null} */
    this.collection = null;
    this.busy = false;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has('open')) return;
    this.#stop();
    this.#stop = () => {};
    if (!this.open || !this.collection) return;
    void loadFolders(this.collection.id);
    this.#stop = watchFolders();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
  }

  render() {
    const { collection } = this;
    if (!collection) return nothing;
    const [{ items, state, problem }] = this.#stores.values;
    const retry = state === 'failed' ? () => void loadFolders(collection.id) : null;
    return html`<lo-dialog
      .open=${this.open}
      .heading=${t('folders.title_of', { name: collection.name })}
      .content=${html`
        <p class="members-lead">${t('folders.lead')}</p>
        <form class="member-form" @submit=${(/** @type {SubmitEvent} */ event) => void this.#onSubmit(event)}>
          <label class="field">
            <span>${t('folders.path')}</span>
            <input name="path" required autocomplete="off" autofocus spellcheck="false" />
          </label>
          <button class="button button-primary" ?disabled=${this.busy}>${t('folders.add')}</button>
        </form>
        ${problem ? problemNote(problem, retry) : nothing}
        ${state === 'idle' && items.length === 0 ? html`<p class="members-lead">${t('folders.none')}</p>` : nothing}
        <ul class="members" aria-label=${t('folders.title')}>
          ${repeat(items, ({ id }) => id, (folder) => this.#row(folder))}
        </ul>
      `}
    ></lo-dialog>`;
  }

  /** @param {WatchedFolder} folder */
  #row({ id, path, files, problem, error_code, refused }) {
    const hindered = problem && problemText({ error_code: error_code ?? 'UNKNOWN', message: problem });
    return html`<li class="member" data-testid="folder">
      <lo-icon name="folder"></lo-icon>
      <p class="member-name">
        <span title=${path}>${path}</span>
        <small>${hindered ?? t('folders.files', { count: files })}</small>
        ${refused.length > 0 ? html`<small>${t('folders.refused', { count: refused.length })}</small>` : nothing}
        ${refused.map((file) => html`<small>${file.path}: ${problemText(file)}</small>`)}
      </p>
      <button
        type="button"
        class="icon-button"
        aria-label=${t('folders.stop', { path })}
        title=${t('folders.stop', { path })}
        @click=${() => void removeFolder(id)}
      ><lo-icon name="close"></lo-icon></button>
    </li>`;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const path = String(new FormData(form).get('path')).trim();
    if (path === '' || this.busy) return;
    this.busy = true;
    const added = await addFolder(path);
    this.busy = false;
    if (added) form.reset();
  }
}

define('lo-folders-dialog', FoldersDialog);
