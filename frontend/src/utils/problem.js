import { hasMessage, t } from './i18n.js';

/** @typedef {import('../shapes.js').Problem} Problem */

/**
 * Say a problem in the page's language; a code that has no words here keeps the server's.
 * @param {Problem} problem
 */
export function problemText(problem) {
  const key = `error.${problem.error_code}`;
  return hasMessage(key) ? t(key, { seconds: problem.wait || 1 }) : problem.message || t('error.UNKNOWN');
}

/**
 * Turn anything that was thrown into a problem that can be shown.
 * @param {unknown} error
 * @returns {Problem}
 */
export function toProblem(error) {
  const known = /** @type {{code?: unknown, message?: string, requestId?: string, retryable?: boolean, wait?: number}} */ (
    error ?? {}
  );
  return {
    error_code: typeof known.code === 'string' ? known.code : 'UNKNOWN',
    message: known.message ?? '',
    request_id: known.requestId ?? null,
    retryable: known.retryable ?? true,
    wait: known.wait,
  };
}

/** @param {unknown} error whether there was no answer at all */
export function isUnreachable(error) {
  return toProblem(error).error_code === 'UNREACHABLE';
}

/**
 * The same, where it is known what a conflict can only be about.
 * @param {unknown} error
 * @param {string} code whose words say it
 * @returns {Problem}
 */
export function toNamedProblem(error, code) {
  const problem = toProblem(error);
  return problem.error_code === 'CONFLICT' ? { ...problem, error_code: code } : problem;
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}
