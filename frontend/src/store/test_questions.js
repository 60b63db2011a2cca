import { atom } from 'nanostores';

import * as service from '../services/evaluation.js';
import { pollWhileVisible } from '../utils/poll_visible.js';
import { isAbort, toProblem } from '../utils/problem.js';
import { loadCollections } from './collections.js';
import { listing } from './listing.js';

/** @typedef {import('../evaluation_shapes.js').EvaluationOverview} EvaluationOverview */
/** @typedef {import('../evaluation_shapes.js').Offer} Offer */
/** @typedef {import('../evaluation_shapes.js').TestQuestion} TestQuestion */
/** @typedef {{collection: string, query: string}} Asked */

const PART = 50;
const LOOK_MILLISECONDS = 2000;

/** Today's settings and the limits, of the collection that is shown. */
export const $overview = atom(
  /** @type {{overview: EvaluationOverview | null, problem: import('../shapes.js').Problem | null}} */ ({
    overview: null,
    problem: null,
  }),
);
const questions = listing((/** @type {Asked} */ { collection, query }, cursor, signal) =>
  service.listQuestions({ collection_id: collection, q: query, cursor, limit: PART }, signal),
);
const offers = listing((/** @type {string} */ collection, cursor, signal) =>
  service.listOffers({ collection_id: collection, cursor, limit: PART }, signal),
);
export const $questions = questions.$list;
export const $offers = offers.$list;
let reading = new AbortController();

/** @param {string} collection show what belongs to it */
export async function openEvaluation(collection) {
  $overview.set({ overview: null, problem: null });
  void questions.load({ collection, query: '' });
  void offers.load(collection);
  await loadOverview(collection);
}

export function closeEvaluation() {
  reading.abort();
  questions.clear();
  offers.clear();
  $overview.set({ overview: null, problem: null });
}

/** @param {string} collection */
export async function loadOverview(collection) {
  reading.abort();
  const { signal } = (reading = new AbortController());
  try {
    const overview = await service.fetchOverview(collection, signal);
    if (!signal.aborted) $overview.set({ overview, problem: null });
  } catch (error) {
    if (!isAbort(error)) $overview.set({ ...$overview.get(), problem: toProblem(error) });
  }
}

/** @param {string} collection @param {string} query */
export const findQuestions = (collection, query) => questions.load({ collection, query }, { quiet: true });
export const moreQuestions = () => questions.more();
export const reloadQuestions = () => questions.again();
export const moreOffers = () => offers.more();
export const reloadOffers = () => offers.again();

/**
 * Look again while documents of the questions that are shown are still to be read.
 * @returns {() => void} stop
 */
export function watchWaiting() {
  return pollWhileVisible(async () => {
    const { items, state } = $questions.get();
    // Not when more of them were fetched: whoever is far down the list is not taken back.
    if (state === 'idle' && items.length <= PART && items.some(({ waits }) => waits)) await questions.again();
  }, LOOK_MILLISECONDS);
}

/** @param {string} collection @param {string} text @param {number[]} passages */
export async function addQuestion(collection, text, passages) {
  show(await service.addQuestion({ collection_id: collection, text, passage_ids: passages }));
}

/** @param {string} id @param {string} text @param {number[] | undefined} passages undefined: they stay as they are */
export async function changeQuestion(id, text, passages) {
  const changed = await service.changeQuestion(id, { text, passage_ids: passages });
  questions.change((items) => items.map((item) => (item.id === id ? changed : item)));
}

/** @param {TestQuestion} question */
export async function removeQuestion({ id }) {
  await service.deleteQuestion(id);
  questions.change((items) => items.filter((item) => item.id !== id));
  count(-1);
}

/** @param {string} collection @param {Offer} offer @param {number[]} passages those that are right */
export async function acceptOffer(collection, { message_id: id }, passages) {
  const made = await service.acceptOffer(id, { collection_id: collection, passage_ids: passages });
  // What others asked in the same words is a test question now, too.
  offers.change((items) => items.filter((item) => item.message_id !== id && item.text !== made.text));
  show(made);
}

/** @param {Offer} offer */
export async function dismissOffer({ message_id: id }) {
  await service.dismissOffer(id);
  offers.change((items) => items.filter((item) => item.message_id !== id));
}

/** @param {string} name @param {File[]} files */
export async function importTestSet(name, files) {
  const made = await service.importTestSet(name, files);
  await loadCollections();
  return made;
}

/** @param {TestQuestion} made one that is new, or that has got more passages */
function show(made) {
  const isNew = !$questions.get().items.some(({ id }) => id === made.id);
  questions.change((items) => [made, ...items.filter(({ id }) => id !== made.id)]);
  if (isNew) count(1);
}

/** @param {number} change */
function count(change) {
  const { overview, problem } = $overview.get();
  if (overview) $overview.set({ overview: { ...overview, questions: overview.questions + change }, problem });
}
