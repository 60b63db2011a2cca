/** Collect the files of a drop, folders included. */

const IGNORED = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<File[]>}
 */
export async function droppedFiles(transfer) {
  // The items are only readable while the event is handled: take the entries before waiting.
  const entries = [...transfer.items]
    .map((item) => (item.kind === 'file' ? item.webkitGetAsEntry?.() : null))
    .filter((entry) => entry !== null && entry !== undefined);
  if (entries.length === 0) return [...transfer.files].filter(isWanted);
  const lists = await Promise.all(entries.map(filesOf));
  return lists.flat().filter(isWanted);
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (IGNORED.test(entry.name)) return [];
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const entries = await /** @type {Promise<FileSystemEntry[]>} */ (
      new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    );
    if (entries.length === 0) return files;
    files.push(...(await Promise.all(entries.map(filesOf))).flat());
  }
}

/** @param {File} file one of a drop, or of a folder that was chosen: that one may have any name */
export function isWanted({ name, webkitRelativePath }) {
  const below = webkitRelativePath ? webkitRelativePath.split('/').slice(1) : [name];
  return !below.some((part) => IGNORED.test(part));
}

/** @param {DragEvent} event */
export function carriesFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
