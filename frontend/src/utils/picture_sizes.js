/** @typedef {import('../shapes.js').Picture} Picture */
/** @typedef {320 | 640 | 1280} Width */

/** The server draws no picture higher than so many times the width that was asked for. */
const TALLEST = 4;

/**
 * What the server makes of a picture: never larger than it is.
 * @param {Picture} picture
 * @param {Width} asked
 */
export function drawnSize({ width, height }, asked) {
  const scale = Math.min(1, asked / width, (TALLEST * asked) / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The widths that differ, each with its true width: the browser lays a picture out by what is stated.
 * @param {Picture} picture
 * @param {Width[]} widths the smallest first
 * @param {(picture: Picture, width: Width) => string} addressOf
 */
export function sourceSet(picture, widths, addressOf) {
  const drawn = widths.map((asked) => ({ asked, width: drawnSize(picture, asked).width }));
  const different = drawn.filter(({ width }, index) => width !== drawn[index - 1]?.width);
  return different.map(({ asked, width }) => `${addressOf(picture, asked)} ${width}w`).join(', ');
}
