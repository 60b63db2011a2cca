import { html, nothing } from 'lit';

import { t } from '../utils/i18n.js';

/**
 * The passages that are right for a question, each leading to its place.
 * @param {import('../evaluation_shapes.js').RightPassage[]} passages
 */
export function rightPassages(passages) {
  return html`<ul class="rights" aria-label=${t('evaluate.right_passages')}>
    ${passages.map((passage) => html`<li>${link(passage)}<span class="rights-text">${passage.text}</span></li>`)}
  </ul>`;
}

/** @param {import('../evaluation_shapes.js').RightPassage} passage */
function link({ document_id: document, passage_id: id, title, page, whole, waits }) {
  const about = whole ? t('evaluate.whole') : page ? t('source.page', { page }) : '';
  const words = about ? html`<span class="rights-about">${about}</span>` : nothing;
  if (!document) {
    return html`<span class="rights-title">${title}</span><span class="rights-about">${
      t(waits ? 'evaluate.waits' : 'evaluate.lost_passage')
    }</span>`;
  }
  const place = id === null ? '' : `?passage=${id}`;
  return html`<a class="rights-title" href="/documents/${encodeURIComponent(document)}${place}">${title}</a>${words}`;
}
