import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/icon.js';
import '../../components/menu.js';
import { $chosenCollection, $collections, chooseCollection } from '../../store/collections.js';
import { chooseNone } from '../../store/document_actions.js';
import { loadDocuments } from '../../store/documents.js';
import { $user } from '../../store/session.js';
import { collectionLabel } from '../../utils/collection_label.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import './collection_dialog.js';
import './folders_dialog.js';
import './members_dialog.js';
import './removal_dialog.js';

/** @typedef {'create' | 'rename' | 'members' | 'folders' | 'delete' | 'leave' | ''} DialogName */

/** Which collection is shown, and what can be done with it. */
class CollectionBar extends LightElement {
  static properties = { dialog: { state: true } };

  #stores = new MultiStoreController(this, [$collections, $chosenCollection, $user]);

  constructor() {
    super();
    /** @type {DialogName} */
    this.dialog = '';
  }

  get #collection() {
    const [collections, chosen] = this.#stores.values;
    return collections.find(({ id }) => id === chosen) ?? null;
  }

  render() {
    const [collections, chosen] = this.#stores.values;
    const collection = this.#collection;
    return html`
      <div class="collection-bar">
        <label class="field-inline">
          <span class="sr-only">${t('collection.label')}</span>
          <select aria-label=${t('collection.label')} @change=${this.#onCollection}>
            <option value="" ?selected=${!collection}>${t('collection.all')}</option>
            ${collections.map((item) => html`
              <option value=${item.id} ?selected=${item.id === chosen}>${collectionLabel(item)} (${item.documents})</option>
            `)}
          </select>
        </label>
        ${collection
          ? html`
              ${collection.access === 'owner' ? nothing : html`<span class="badge" data-testid="collection-role">
                ${t('collection.role', { owners: collection.owners.join(', '), access: t(`access.${collection.access}`) })}
              </span>`}
              <button type="button" class="button" @click=${() => (this.dialog = 'members')}>
                <lo-icon name="users"></lo-icon>${t('members.title')}${collection.members > 1 ? html` (${collection.members})` : nothing}
              </button>
              <lo-menu .label=${t('collection.menu', { name: collection.name })} .items=${this.#menu()}></lo-menu>
            `
          : nothing}
        <button type="button" class="button collection-create" @click=${() => (this.dialog = 'create')}>
          <lo-icon name="folder-plus"></lo-icon><span>${t('collection.create')}</span>
        </button>
      </div>
      ${this.#dialogs()}
    `;
  }

  #dialogs() {
    const naming = this.dialog === 'create' || this.dialog === 'rename';
    const close = (/** @type {Event} */ event) => {
      event.stopPropagation();
      this.dialog = '';
      // One that has been deleted or left is no longer chosen: the list is another.
      void loadDocuments({ collection: $chosenCollection.get(), quiet: true });
    };
    return html`<div @close=${close}>
      <lo-collection-dialog .open=${naming} .collection=${this.dialog === 'rename' ? this.#collection : null}></lo-collection-dialog>
      <lo-members-dialog .open=${this.dialog === 'members'} .collection=${this.#collection?.id ?? null}></lo-members-dialog>
      <lo-folders-dialog .open=${this.dialog === 'folders'} .collection=${this.#collection}></lo-folders-dialog>
      <lo-removal-dialog
        .open=${this.dialog === 'delete' || this.dialog === 'leave'}
        .kind=${this.dialog === 'leave' ? 'leave' : 'delete'}
        .collection=${this.#collection}
      ></lo-removal-dialog>
    </div>`;
  }

  #menu() {
    /** @param {DialogName} name */
    const show = (name) => () => (this.dialog = name);
    const owner = this.#collection?.access === 'owner';
    const members = { label: t('members.title'), icon: 'users', run: show('members') };
    const leave = { label: t('collection.leave'), icon: 'log-out', danger: true, run: show('leave') };
    if (!owner) return [members, leave];
    return [
      { label: t('collection.rename'), icon: 'pencil', run: show('rename') },
      members,
      ...(this.#stores.values[2]?.role === 'administrator'
        ? [{ label: t('folders.title'), icon: 'folder', run: show('folders') }]
        : []),
      ...((this.#collection?.members ?? 1) > 1 ? [leave] : []),
      { label: t('collection.delete'), icon: 'trash', danger: true, run: show('delete') },
    ];
  }

  /** @param {Event} event */
  #onCollection(event) {
    const id = /** @type {HTMLSelectElement} */ (event.target).value || null;
    chooseCollection(id);
    chooseNone();
    void loadDocuments({ collection: id });
  }
}

define('lo-collection-bar', CollectionBar);
