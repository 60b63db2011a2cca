import { html, nothing } from 'lit';

import '../../components/icon.js';
import { RANGES, REFRESH_SECONDS } from '../../store/performance.js';
import { formatClock, formatFigure } from '../../utils/figures.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';
import { exportName, toCsv, toJson } from '../../utils/performance_export.js';
import { saveFile } from '../../utils/save_file.js';

/** @typedef {import('../../shapes.js').PerformanceReport} PerformanceReport */
/** @typedef {import('../../shapes.js').RangeName} RangeName */

/** The range, how fresh the figures are, and their download. Emits `range` and `pause`. */
class PerformanceToolbar extends LightElement {
  static properties = {
    range: {},
    report: { attribute: false },
    paused: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {RangeName} */
    this.range = '1h';
    /** @type {PerformanceReport | null} */
    this.report = null;
    this.paused = false;
  }

  render() {
    return html`
      <div class="performance-bar">
        <fieldset class="performance-range">
          <legend class="sr-only">${t('performance.range')}</legend>
          <div class="segments">
            ${RANGES.map((range) => html`
              <label class="segment">
                <input
                  type="radio"
                  class="sr-only"
                  name="performance-range"
                  value=${range}
                  .checked=${range === this.range}
                  @change=${() => this.emit('range', range)}
                />${t(`performance.range.${range}`)}
              </label>
            `)}
          </div>
        </fieldset>
        <div class="performance-fresh">
          <p>${this.#freshness()}</p>
          <button type="button" class="button button-small" @click=${() => this.emit('pause')}>
            ${this.paused ? t('performance.resume') : t('performance.pause')}
          </button>
        </div>
        <div class="performance-download" role="group" aria-label=${t('performance.download')}>
          ${this.#download('csv', t('performance.download_csv'))}
          ${this.#download('json', t('performance.download_json'))}
        </div>
      </div>
    `;
  }

  #freshness() {
    if (!this.report) return t('performance.loading');
    const time = formatClock(this.report.to);
    if (this.paused) return t('performance.paused', { time });
    return t('performance.updated', { time, seconds: formatFigure('ms', REFRESH_SECONDS[this.range] * 1000) });
  }

  /** @param {'csv' | 'json'} kind @param {string} label */
  #download(kind, label) {
    return html`<button
      type="button"
      class="button button-small"
      aria-label=${label}
      ?disabled=${!this.report}
      @click=${() => this.#save(kind)}
    ><lo-icon name="download"></lo-icon>${kind.toUpperCase()}</button>`;
  }

  /** @param {'csv' | 'json'} kind */
  #save(kind) {
    const { report } = this;
    if (!report) return nothing;
    const text = kind === 'csv' ? toCsv(report) : toJson(report);
    return saveFile(exportName(report, kind), text, kind === 'csv' ? 'text/csv' : 'application/json');
  }
}

define('lo-performance-toolbar', PerformanceToolbar);
