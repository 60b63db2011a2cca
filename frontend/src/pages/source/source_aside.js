import './source.css';

import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import '../../components/source_panel.js';
import { $openSource, closeSource, contentAddress, reloadSource } from '../../store/sources.js';
import { define, LightElement } from '../../utils/light_element.js';

const OPENERS = '.citation, .source-chip, .hit-open';

/** The source beside an answer or a search; on a phone a sheet over it. */
class SourceAside extends LightElement {
  #source = new StoreController(this, $openSource);
  /** Where the focus goes back to. @type {HTMLElement | null} */
  #opener = null;

  willUpdate() {
    const active = document.activeElement;
    if (this.#source.value && active instanceof HTMLElement && active.matches(OPENERS)) this.#opener = active;
  }

  render() {
    const open = this.#source.value;
    if (!open) return nothing;
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
