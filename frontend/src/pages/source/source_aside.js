import './source.css';

import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { explainMissing } from '../../store/page_version.js';
import { $openSource, closeSource, contentAddress, reloadSource } from '../../store/sources.js';
import { Lazy } from '../../utils/lazy.js';
import { define, LightElement } from '../../utils/light_element.js';
import { whenIdle } from '../../utils/when_idle.js';

const panel = new Lazy(() => import(/* webpackChunkName: "source" */ '../../components/source_panel.js'));
const OPENERS = '.citation, .source-chip, .hit-open';

/** The source beside an answer or a search; on a phone a sheet over it. */
class SourceAside extends LightElement {
  static properties = { drawable: { state: true } };

  #source = new StoreController(this, $openSource);
  /** Where the focus goes back to. @type {HTMLElement | null} */
  #opener = null;
  #preparing = false;

  constructor() {
    super();
    /** Whether the panel's own code has come. */
    this.drawable = panel.module !== null;
  }

  connectedCallback() {
    super.connectedCallback();
    whenIdle(() => panel.preload());
  }

  willUpdate() {
    const active = document.activeElement;
    if (this.#source.value && !this.drawable) void this.#prepare();
    if (this.#source.value && active instanceof HTMLElement && active.matches(OPENERS)) this.#opener = active;
  }

  async #prepare() {
    if (this.#preparing) return; // updated meanwhile; a failure is told once
    this.#preparing = true;
    try {
      await panel.load();
      this.drawable = true;
    } catch {
      this.#close();
      void explainMissing();
    }
    this.#preparing = false;
  }

  render() {
    const open = this.#source.value;
    if (!open || !this.drawable) return nothing;
    return html`
      <div class="scrim source-scrim" @click=${this.#close}></div>
      <lo-source-panel
        .open=${open}
        .address=${contentAddress(open.source.document_id)}
        @close=${this.#close}
        @reload=${() => void reloadSource()}
      ></lo-source-panel>
    `;
  }

  #close() {
    closeSource();
    this.#opener?.focus();
    this.#opener = null;
  }
}

define('lo-source-aside', SourceAside);
