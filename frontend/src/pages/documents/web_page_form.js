import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';

import '../../components/icon.js';
import { problemNote } from '../../components/problem_note.js';
import { addWebPage } from '../../store/web_pages.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { toProblem } from '../../utils/problem.js';

/** A field for the address of a web page, which the server fetches and keeps as a document. */
class WebPageForm extends LightElement {
  static properties = { busy: { state: true }, problem: { state: true }, duplicate: { state: true } };

  #input = createRef();

  constructor() {
    super();
    this.busy = false;
    /** The title of the document that the page is already. */
    this.duplicate = '';
    /** @type {import('../../shapes.js').Problem | null} */
    this.problem = null;
  }

  render() {
    return html`
      <form class="web-page" aria-busy=${this.busy} @submit=${this.#onSubmit}>
        <label class="field">
          <span class="sr-only">${t('web_page.label')}</span>
          <input
            ${ref(this.#input)}
            name="url"
            type="text"
            inputmode="url"
            required
            maxlength="4096"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder=${t('web_page.placeholder')}
          />
        </label>
        <button class="button" ?disabled=${this.busy}>
          <lo-icon name="external-link"></lo-icon>${t(this.busy ? 'web_page.fetching' : 'web_page.add')}
        </button>
      </form>
      <div role="status">${this.duplicate ? html`<p>${t('web_page.duplicate', { title: this.duplicate })}</p>` : nothing}</div>
      ${this.problem ? problemNote(this.problem) : nothing}
    `;
  }

  /** @param {SubmitEvent} event */
  async #onSubmit(event) {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (this.#input.value);
    const url = input.value.trim();
    if (url === '' || this.busy) return;
    this.busy = true;
    this.problem = null;
    this.duplicate = '';
    try {
      const { document, duplicate } = await addWebPage(url);
      if (duplicate && document) this.duplicate = document.title;
      input.value = '';
    } catch (error) {
      this.problem = toProblem(error);
    } finally {
      this.busy = false;
    }
  }
}

define('lo-web-page-form', WebPageForm);
