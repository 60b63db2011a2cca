import { html, nothing } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../utils/i18n.js';
import { define, LightElement } from '../utils/light_element.js';
import './icon.js';
import { keyCaps } from './key_caps.js';

/**
 * @typedef {object} Command
 * @property {string} id
 * @property {import('./icon.js').IconName} icon
 * @property {string} label
 * @property {string} [detail]
 * @property {string} [shortcut] the id of keys that do the same
 */
/** @typedef {{id: string, label: string, commands: Command[]}} CommandGroup */

/**
 * A field with a list of commands below it, worked by the keyboard: a combobox. Emits `typed`
 * (text) and `choose` (a command's id).
 */
export class CommandBox extends LightElement {
  static properties = {
    groups: { attribute: false },
    note: {},
    active: { state: true },
  };

  #input = createRef();

  constructor() {
    super();
    /** @type {CommandGroup[]} */
    this.groups = [];
    /** What is said below the list: that something is being looked for, or was not found. */
    this.note = '';
    /** @type {string | null} */
    this.active = null;
  }

  get #commands() {
    return this.groups.flatMap(({ commands }) => commands);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    // What was chosen stays so when more is found; what is gone gives way to the first.
    if (changed.has('groups') && !this.#commands.some(({ id }) => id === this.active)) {
      this.active = this.#commands[0]?.id ?? null;
    }
  }

  render() {
    const at = this.#commands.findIndex(({ id }) => id === this.active);
    return html`
      <div class="command-field">
        <lo-icon name="search"></lo-icon>
        <input
          ${ref(this.#input)}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck="false"
          enterkeyhint="go"
          maxlength="500"
          autofocus
          placeholder=${t('palette.placeholder')}
          aria-label=${t('palette.title')}
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls="command-list"
          aria-activedescendant=${at < 0 ? nothing : `command-${at}`}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
        />
      </div>
      <div class="command-list" id="command-list" role="listbox" aria-label=${t('palette.results')}>
        ${repeat(this.groups, ({ id }) => id, (group) => this.#group(group))}
      </div>
      <p class="command-note" role="status">
        ${this.note}<span class="sr-only"> ${t('palette.count', { count: this.#commands.length })}</span>
      </p>
    `;
  }

  /** @param {CommandGroup} group */
  #group({ id, label, commands }) {
    return html`<div role="group" aria-labelledby="command-group-${id}">
      <p class="command-group" id="command-group-${id}" role="presentation">${label}</p>
      ${commands.map((command) => this.#option(command))}
    </div>`;
  }

  /** @param {Command} command */
  #option(command) {
    const { id, icon, label, detail, shortcut } = command;
    return html`<div
      class="command"
      role="option"
      id="command-${this.#commands.indexOf(command)}"
      aria-selected=${id === this.active}
      @pointermove=${() => (this.active = id)}
      @mousedown=${(/** @type {Event} */ event) => event.preventDefault()}
      @click=${() => this.emit('choose', id)}
    >
      <lo-icon name=${icon}></lo-icon>
      <span class="command-label">${label}</span>
      ${detail ? html`<span class="command-detail">${detail}</span>` : nothing}
      ${shortcut ? keyCaps(shortcut) : nothing}
    </div>`;
  }

  #onInput() {
    // What is typed makes another list: its first entry is the one that Enter takes.
    this.active = null;
    this.emit('typed', /** @type {HTMLInputElement} */ (this.#input.value).value);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // While a Korean syllable is being composed the keys belong to it; Safari tells only by 229.
    if (event.isComposing || event.keyCode === 229) return;
    const commands = this.#commands;
    const at = commands.findIndex(({ id }) => id === this.active);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: Math.min(at + 8, commands.length - 1), PageUp: Math.max(at - 8, 0) };
    const to = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (event.key === 'Enter' && this.active !== null) this.emit('choose', this.active);
    else if (to === undefined) return;
    else if (commands.length > 0) void this.#activate(/** @type {Command} */ (commands.at(to % commands.length)).id);
    event.preventDefault();
  }

  /** @param {string} id */
  async #activate(id) {
    this.active = id;
    await this.updateComplete;
    this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }
}

define('lo-command-box', CommandBox);
