import { MultiStoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/drop_zone.js';
import { $collections, $intake } from '../../store/collections.js';
import { $uploads, addFiles } from '../../store/uploads.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';

const tray = new Lazy(() => import(/* webpackChunkName: "upload-tray" */ './upload_tray.js'));

/**
 * Takes files on every page. The chat has its own place for the tray, the list of documents shows
 * the files itself; elsewhere the tray stands in the corner.
 */
class Intake extends LightElement {
  static properties = { path: {} };

  #stores = new MultiStoreController(this, [$collections, $intake, $uploads]);

  constructor() {
    super();
    this.path = '/';
  }

  render() {
    const [collections, intake, uploads] = this.#stores.values;
    const own = this.path === '/' || this.path.startsWith('/chat') || this.path.startsWith('/documents');
    return html`
      <lo-drop-zone
        .into=${collections.length > 1 || intake?.access === 'reader' ? (intake?.name ?? '') : ''}
        ?forbidden=${intake?.access === 'reader'}
        @files=${this.#onFiles}
      ></lo-drop-zone>
      ${own || uploads.length === 0 ? nothing : html`<lo-upload-tray class="upload-tray-floating"></lo-upload-tray>`}
    `;
  }

  updated() {
    // Its tag stands in the pages already, and becomes the tray once there is something to show.
    if (this.#stores.values[2].length > 0) tray.load().catch(() => {});
  }

  /** @param {CustomEvent<File[]>} event */
  #onFiles({ detail }) {
    addFiles(detail);
    if (this.path.startsWith('/documents/')) this.emit('navigate', { path: '/documents' });
  }
}

define('lo-intake', Intake);
