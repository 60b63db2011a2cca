import '../../styles/table_scroll.css';

import { html, nothing } from 'lit';

import { formatFigure } from '../../utils/figures.js';
import { t } from '../../utils/i18n.js';

/** @typedef {import('../../shapes.js').PerformanceReport} PerformanceReport */
/** @typedef {PerformanceReport['pages']} Times */

/**
 * How long changes to each page took, and the API's answers, in people's browsers.
 * @param {PerformanceReport} report
 */
export function browserTimes({ pages, calls }) {
  return html`
    <div class="browser-times">
      ${table(t('browser_times.pages'), pages, pageName)}
      ${table(t('browser_times.calls'), calls, (name) => `/${name}`)}
    </div>
  `;
}

/** @param {string} name */
function pageName(name) {
  return name === 'sign_in' ? t('sign_in.submit.sign_in') : t(`browser_times.page.${name}`);
}

/** @param {string} heading @param {Times} times @param {(name: string) => string} naming */
function table(heading, times, naming) {
  const rows = Object.entries(times).filter(([, { count }]) => count > 0);
  if (rows.length === 0) return nothing;
  rows.sort(([, one], [, other]) => (other.p75_ms ?? 0) - (one.p75_ms ?? 0));
  return html`
    <div class="table-scroll" tabindex="0" role="group" aria-label=${heading}>
      <table>
        <caption>${heading}</caption>
        <thead>
          <tr>
            <th scope="col">${t('browser_times.name')}</th>
            <th scope="col">${t('browser_times.count')}</th>
            <th scope="col">p75</th>
            <th scope="col">p95</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(([name, { count, p75_ms: p75, p95_ms: p95 }]) => html`
            <tr>
              <th scope="row">${naming(name)}</th>
              <td>${formatFigure('count', count)}</td>
              <td>${formatFigure('ms', p75)}</td>
              <td>${formatFigure('ms', p95)}</td>
            </tr>
          `)}
        </tbody>
      </table>
    </div>
  `;
}
