/**
 * What a collection is called among others: with whose it is, where somebody else shares it. Everybody's
 * first one has the same name.
 * @param {Pick<import('../shapes.js').Collection, 'name' | 'owners'>} collection
 */
export function collectionLabel({ name, owners }) {
  return owners?.length ? `${name} · ${owners.join(', ')}` : name;
}
