import '../styles/table_scroll.css';

import { html } from 'lit';

import { formatFigure, formatMoment } from '../utils/figures.js';
import { t } from '../utils/i18n.js';

/**
 * What a chart shows, as a table: the newest first, without the times of which nothing is known.
 * @param {{chart: import('../shapes.js').Chart, times: number[], step: number}} shown
 */
export function chartTable({ chart: { heading, lines, kind }, times, step }) {
  const known = [...times.keys()].filter((index) => lines.some(({ values }) => values[index] !== null)).reverse();
  return html`
    <div class="table-scroll chart-table" tabindex="0" role="group" aria-label=${heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t('chart.time')}</th>
            ${lines.map(({ label }) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${known.map((index) => html`
            <tr>
              <th scope="row">${formatMoment(times[index], step)}</th>
              ${lines.map(({ values }) => html`<td>${formatFigure(kind, values[index])}</td>`)}
            </tr>
          `)}
        </tbody>
      </table>
    </div>
  `;
}
