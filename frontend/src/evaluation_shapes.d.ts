/** The shapes of docs/api.md about test questions and runs. */

import type { Language, Problem, SearchMode } from './shapes.js';

export interface SearchSettings {
  mode: SearchMode;
  vector_weight: number;
  candidates: number;
}

export interface RightPassage {
  passage_id: number | null;
  document_id: string | null;
  title: string;
  page: number | null;
  heading: string | null;
  text: string;
  whole: boolean;
  lost: boolean;
  /** Whether documents are still to be read. */
  waits: boolean;
}

export type QuestionSource = 'typed' | 'imported' | 'thumb' | 'thumb_down' | 'citation';

export interface TestQuestion {
  id: string;
  collection_id: string;
  text: string;
  language: Language;
  source: QuestionSource;
  lost: boolean;
  /** Whether documents are still to be read. */
  waits: boolean;
  passages: RightPassage[];
  created_at: string;
}

export interface Offer {
  message_id: string;
  text: string;
  source: 'thumb' | 'thumb_down' | 'citation';
  /** The word with the thumb. */
  comment: string | null;
  own: boolean;
  passages: { passage_id: number; document_id: string; title: string; text: string }[];
  asked_at: string;
}

export interface Figures {
  'ndcg@10': number;
  'recall@5': number;
  'mrr@10': number;
  p50_ms: number;
  degraded: number;
}

export interface RunSide {
  settings: SearchSettings;
  figures: Figures | null;
}

export type RunStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Run {
  id: string;
  collection_id: string;
  status: RunStatus;
  done: number;
  total: number;
  left_out: number;
  better: number;
  worse: number;
  before: RunSide;
  after: RunSide;
  error: Problem | null;
  created_at: string;
  finished_at: string | null;
}

export interface FoundPassage {
  passage_id: number;
  document_id: string;
  right: boolean;
  title: string | null;
  page: number | null;
  heading: string | null;
  text: string | null;
}

export interface ResultSide {
  'ndcg@10': number;
  'recall@5': number;
  'mrr@10': number;
  ms: number;
  rank: number | null;
  degraded: boolean;
  found: FoundPassage[];
}

export type Change = 'better' | 'worse' | 'same';

export interface RunResult {
  question_id: string;
  text: string;
  language: Language;
  change: Change;
  ndcg_change: number;
  before: ResultSide;
  after: ResultSide;
}

export interface EvaluationOverview {
  questions: number;
  today: SearchSettings;
  offered_questions: 'own' | 'shared';
  limits: {
    questions: number;
    passages: number;
    candidates: number;
    import_bytes: number;
    import_documents: number;
    import_questions: number;
  };
}
