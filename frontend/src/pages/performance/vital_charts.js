import { formatFigure } from '../../utils/figures.js';
import { t } from '../../utils/i18n.js';
import { DEVICES, rating, VITALS } from '../../utils/web_vitals.js';

/** @typedef {import('../../shapes.js').Chart} Chart */
/** @typedef {import('../../shapes.js').PerformanceReport} Report */
/** @typedef {keyof typeof VITALS} Name */

/** @param {Report} report @returns {Chart[]} */
export function vitalCharts(report) {
  return /** @type {Name[]} */ (Object.keys(VITALS)).map((name) => vitalChart(name, report));
}

/** @param {Name} name @param {Report} report @returns {Chart} */
function vitalChart(name, { series, web_vitals: vitals }) {
  const { kind, good, poor } = VITALS[name];
  const text = (/** @type {number} */ value) => formatFigure(kind, value);
  const ratings = DEVICES.flatMap((device) => {
    const p75 = vitals[name]?.[device].p75 ?? null;
    return p75 === null
      ? []
      : t('chart.vital_device', { device: t(`device.${device}`), value: text(p75), rating: t(`rating.${rating(VITALS[name], p75)}`) });
  });
  return {
    id: name,
    heading: t(`vital.${name}`),
    note: ratings.join(' · '),
    kind,
    spanning: true,
    lines: DEVICES.map((device) => ({
      key: device,
      label: t(`device.${device}`),
      values: series.map((point) => point.web_vitals[name]?.[device] ?? null),
    })),
    bounds: [
      { value: good, label: t('chart.good', { value: text(good) }), tone: 'good' },
      { value: poor, label: t('chart.poor', { value: text(poor) }), tone: 'bad' },
    ],
    empty: t('chart.vital_empty'),
  };
}
