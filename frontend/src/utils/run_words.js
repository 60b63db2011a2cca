import { language, t } from './i18n.js';

/** @typedef {import('../evaluation_shapes.js').SearchSettings} SearchSettings */

/**
 * Say settings in a few words: those that differ from others, or all.
 * @param {SearchSettings} settings
 * @param {SearchSettings} [other]
 */
export function settingsText(settings, other) {
  const mode = t(`evaluate.mode.${settings.mode}`);
  const hybrid = settings.mode === 'hybrid';
  const parts = [
    !other || other.mode !== settings.mode ? mode : null,
    hybrid && (!other || other.vector_weight !== settings.vector_weight)
      ? t('evaluate.weight_is', { weight: formatNumber(settings.vector_weight) })
      : null,
    !other || other.candidates !== settings.candidates
      ? t('evaluate.candidates_are', { count: settings.candidates })
      : null,
  ];
  return parts.filter(Boolean).join(' · ') || mode;
}

/** @param {number} value @param {number} [digits] */
export function formatNumber(value, digits = 2) {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

/** A measure, always with as many digits. @param {number} value */
export function formatMeasure(value) {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);
}

/** A change of a measure, with its sign. @param {number} value */
export function formatChange(value) {
  return new Intl.NumberFormat(language(), {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
    signDisplay: 'exceptZero',
  }).format(value);
}
