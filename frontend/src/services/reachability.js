/**
 * Ask the server for a sign of life. What a proxy says in its place is none.
 * @param {AbortSignal} [signal]
 * @returns {Promise<boolean>}
 */
export async function isReachable(signal = AbortSignal.timeout(8000)) {
  try {
    const response = await fetch('/api/v1/health/live', { cache: 'no-store', signal });
    return response.ok;
  } catch {
    return false;
  }
}
