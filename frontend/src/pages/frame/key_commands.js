import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { notifyProblem } from '../../store/notices.js';
import { $singleKeys } from '../../store/preferences.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { isPressed } from '../../utils/shortcuts.js';

const MODULES = {
  palette: new Lazy(() => import(/* webpackChunkName: "palette" */ '../palette/palette.js')),
  settings: new Lazy(() => import(/* webpackChunkName: "settings" */ './settings_dialog.js')),
  shortcuts: new Lazy(() => import(/* webpackChunkName: "shortcuts" */ '../shortcuts/shortcuts_dialog.js')),
};

/** Fetch the palette because it is about to be opened. */
export function preloadPalette() {
  MODULES.palette.preload();
}

/** Fetch the settings because they are about to be opened. */
export function preloadSettings() {
  MODULES.settings.preload();
}

/**
 * The keys that work on every page, and what they open. Others open it by the events `open-palette`,
 * `open-settings` and `open-shortcuts`. Emits `find-conversations`.
 */
class KeyCommands extends LightElement {
  static properties = { path: {}, shown: { state: true } };

  #single = new StoreController(this, $singleKeys);
  #listening = new AbortController();
  /** @type {keyof typeof MODULES | null} what was asked for last: an earlier one that arrives later is not shown */
  #asked = null;

  constructor() {
    super();
    this.path = '/';
    /** @type {keyof typeof MODULES | null} */
    this.shown = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
    document.addEventListener('open-palette', () => void this.#show('palette'), { signal });
    document.addEventListener('open-settings', () => void this.#show('settings'), { signal });
    document.addEventListener('open-shortcuts', () => void this.#show('shortcuts'), { signal });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#listening.abort();
  }

  render() {
    const hide = () => (this.shown = null);
    if (this.shown === 'palette') return html`<lo-palette .path=${this.path} @close=${hide}></lo-palette>`;
    if (this.shown === 'settings') return html`<lo-settings-dialog @close=${hide}></lo-settings-dialog>`;
    if (this.shown === 'shortcuts') return html`<lo-shortcuts-dialog @close=${hide}></lo-shortcuts-dialog>`;
    return nothing;
  }

  /** @param {keyof typeof MODULES} name */
  async #show(name) {
    this.#asked = name;
    try {
      await MODULES[name].load();
      if (this.#asked === name) this.shown = name;
    } catch {
      notifyProblem({ code: 'UNREACHABLE' });
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const single = this.#single.value;
    if (isPressed(event, 'palette')) this.#onPalette();
    else if (isPressed(event, 'shortcuts', { single })) void this.#show('shortcuts');
    else if (isPressed(event, 'conversations', { single })) this.emit('find-conversations');
    else return;
    event.preventDefault();
  }

  /** The same keys close it again. Another dialog is ended first. */
  #onPalette() {
    const open = /** @type {(HTMLElement & {close: () => void}) | null} */ (this.querySelector('lo-palette'));
    if (open) open.close();
    else if (!document.querySelector('dialog[open]')) void this.#show('palette');
  }
}

define('lo-key-commands', KeyCommands);
