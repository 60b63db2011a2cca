import { html } from 'lit';

/**
 * One of few, all of which are shown.
 * @param {object} choice
 * @param {string} choice.name
 * @param {string} choice.label
 * @param {{value: string, label: string}[]} choice.options
 * @param {string} choice.current
 * @param {(value: string) => void} choice.choose
 */
export function choice({ name, label, options, current, choose }) {
  return html`
    <fieldset class="choice">
      <legend>${label}</legend>
      <div class="segments">
        ${options.map((option) => html`
          <label class="segment">
            <input
              type="radio"
              class="sr-only"
              name=${name}
              value=${option.value}
              .checked=${option.value === current}
              @change=${() => choose(option.value)}
            />${option.label}
          </label>
        `)}
      </div>
    </fieldset>
  `;
}
