import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { $documents } from '../../store/documents.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** How far embedding everything anew by another embedder has come; nothing while nothing moves. */
class MoveNote extends LightElement {
  #documents = new StoreController(this, $documents);

  render() {
    const { move } = this.#documents.value;
    if (!move) return nothing;
    const percent = move.passages ? Math.floor((100 * move.done) / move.passages) : 100;
    return html`<p class="move-note" data-testid="move-note">
      ${t('documents.moving', { name: move.to.replace(/^openai:/, ''), percent })}
    </p>`;
  }
}

define('lo-move-note', MoveNote);
