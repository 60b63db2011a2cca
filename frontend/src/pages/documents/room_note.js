import { StoreController } from '@nanostores/lit';
import { html, nothing } from 'lit';

import { $documents } from '../../store/documents.js';
import { $room, loadRoom } from '../../store/room.js';
import { formatBytes } from '../../utils/format.js';
import { t } from '../../utils/i18n.js';
import { define, LightElement } from '../../utils/light_element.js';

/** How much of one's room is taken; nothing where there is no limit. */
class RoomNote extends LightElement {
  #room = new StoreController(this, $room);
  #documents = new StoreController(this, $documents);
  /** @type {unknown} */
  #counted = null;

  willUpdate() {
    const { counts } = this.#documents.value; // another number of documents is another use of room
    const seen = JSON.stringify(counts);
    if (seen === this.#counted) return;
    this.#counted = seen;
    void loadRoom();
  }

  render() {
    const room = this.#room.value;
    if (!room || (room.most_bytes === 0 && room.most_documents === 0)) return nothing;
    const full =
      (room.most_bytes > 0 && room.bytes >= room.most_bytes) ||
      (room.most_documents > 0 && room.documents >= room.most_documents);
    const said = [
      room.most_bytes > 0
        ? t('documents.room_bytes', { used: formatBytes(room.bytes), most: formatBytes(room.most_bytes) })
        : null,
      room.most_documents > 0
        ? t('documents.room_documents', { used: room.documents, most: room.most_documents })
        : null,
    ].filter((part) => part !== null);
    return html`<p class="move-note" data-testid="room">
      ${said.join(' · ')}${full ? html` <strong>${t('documents.room_full')}</strong>` : nothing}
    </p>`;
  }
}

define('lo-room-note', RoomNote);
