/** The shapes of docs/api.md, and the few that only the page knows. */

export type Language = 'en' | 'ko';
export type Role = 'administrator' | 'member';
export type Access = 'owner' | 'editor' | 'reader';
/** Passages that are embedded anew by another embedder, in collections that are still searched by those before. */
export interface EmbedderMove {
  from: string[];
  to: string;
  passages: number;
  done: number;
}

export type DocumentStatus =
  | 'queued' | 'extracting' | 'searchable' | 'ready' | 'failed' | 'cancelled';
export type MessageStatus = 'complete' | 'stopped' | 'failed';

export interface Problem {
  error_code: string;
  message: string;
  request_id?: string | null;
  retryable?: boolean;
  /** Seconds after which the server wants to be asked again. */
  wait?: number;
  /** Whether the page is looking for the rest of what broke off. */
  looking?: boolean;
}

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  created_at: string;
}

export interface Model {
  provider: 'extractive' | 'openai_compatible' | 'ollama' | 'llama_cpp';
  name: string;
  available: boolean;
  hint: string | null;
}

export interface About {
  name: string;
  version: string;
  setup_required: boolean;
  registration_open: boolean;
  max_upload_bytes: number;
  formats: string[];
  web_pages: boolean;
  offered_questions: 'own' | 'shared';
  password_sign_in: boolean;
  /** The identity provider that people may sign in by. */
  single_sign_on: { name: string } | null;
  languages: Language[];
  model?: Model;
  embedding?: { name: string; dimensions: number | null };
}

export interface Collection {
  id: string;
  name: string;
  access: Access;
  /** Names of those who share it; none where one owns it oneself. */
  owners: string[];
  members: number;
  documents: number;
  version: number;
  created_at: string;
}

export interface Document {
  id: string;
  title: string;
  filename: string;
  collection_id: string;
  media_type: string;
  status: DocumentStatus;
  progress: number;
  error: Problem | null;
  pages: number | null;
  passages: number;
  bytes: number;
  job_id: string | null;
  created_at: string;
  /** The seconds until it is ready: what the page reckons, where it can be told. */
  /** Seconds until it is ready: at least and at most, or as they are seen to pass. */
  left?: number | [number, number] | null;
}

export type DocumentSort = 'newest' | 'oldest' | 'name' | 'largest';
/** Which documents are listed by their state. */
export type DocumentShow = 'all' | 'working' | 'ready' | 'failed';

export interface Member {
  user_id: string;
  email: string;
  name: string;
  access: Access;
}

/** A folder of the server's disk that a collection follows. */
export interface WatchedFolder {
  id: string;
  path: string;
  files: number;
  problem: string | null;
  error_code: string | null;
  refused: { path: string; error_code: string; message: string }[];
  created_at: string;
}

export interface Job {
  id: string;
  bytes: number;
  pages: number | null;
  passages: number;
  left: [number, number] | null;
  document_id: string;
  status: DocumentStatus;
  progress: number;
  error: Problem | null;
  attempts: number;
  created_at: string;
  finished_at: string | null;
}

export interface Passage {
  id: number;
  document_id: string;
  ordinal: number;
  text: string;
  start: number;
  end: number;
  page: number | null;
  heading: string | null;
}

/** A picture within a document. */
export interface Picture {
  n: number;
  width: number;
  height: number;
}

export interface Conversation {
  id: string;
  title: string;
  pinned: boolean;
  collection_ids: string[];
  created_at: string;
  updated_at: string;
}

export interface Source {
  n: number;
  document_id: string;
  title: string;
  page: number | null;
  heading: string | null;
  passage_id: number;
  text: string;
  start: number;
  end: number;
  score: number;
  collection_id?: string;
  /** Its collection is not shared with the reader any more: it has no words. */
  withdrawn?: boolean;
}

/** A stretch of a text, in code points. */
export interface Span {
  start: number;
  end: number;
}

export type SearchMode = 'hybrid' | 'bm25' | 'vector';

/** A passage that a search found, and why. */
export interface Hit {
  passage_id: number;
  document_id: string;
  title: string;
  collection_id: string;
  text: string;
  page: number | null;
  heading: string | null;
  start: number;
  end: number;
  score: number;
  ranks: { bm25: number | null; vector: number | null };
  marks: Span[];
}

export interface SearchResult {
  hits: Hit[];
  degraded: string[];
  cached: boolean;
  timings: Record<string, number>;
}

/** What is searched, as it stands in the page's address. */
export interface Search {
  query: string;
  mode: SearchMode;
  collection: string | null;
  count: number;
}

export interface Citation {
  n: number;
  passage_id: number;
  quote: string;
  start: number;
  end: number;
}

export interface Message {
  id: string;
  conversation_id: string;
  role: 'user' | 'assistant';
  text: string;
  /** `sending` and `streaming` are the page's own, before the server has ended the answer. */
  status: MessageStatus | 'sending' | 'streaming';
  sources: Source[];
  citations: Citation[];
  model: string | null;
  degraded: string[];
  cached: boolean;
  feedback: 1 | -1 | null;
  /** The word with it. */
  comment: string | null;
  timings: Record<string, number>;
  created_at: string;
  /** Why the answer broke off: known to the page that saw it, not stored. */
  problem?: Problem | null;
  /** What the page drew it under before the server gave it an id. */
  key?: string;
}

/** A file on its way to the server, or one that the server refused. */
export interface Upload {
  id: string;
  filename: string;
  bytes: number;
  collection_id: string | null;
  status: 'waiting' | 'uploading' | 'refused' | 'duplicate' | 'done';
  progress: number;
  /** The seconds until it has been sent, where that can be told. */
  left: number | null;
  error: Problem | null;
  document_id: string | null;
  /** What has become of it since it was sent. */
  document: Document | null;
}

export interface UploadOutcome {
  document: Document | null;
  job: Job | null;
  duplicate: boolean;
  error: (Problem & { filename?: string }) | null;
}

/** A short message at the edge of the screen. */
export interface Notice {
  id: number;
  text: string;
  detail?: string;
  tone: 'plain' | 'good' | 'bad';
  action?: { label: string; run: () => void };
  /** Stays until it is dismissed. */
  lasting?: boolean;
}

/** A question that was asked without a connection. One that is `held` waits for its writer's word. */
export interface WaitingQuestion {
  id: string;
  text: string;
  /** The conversation; `null` for one that is yet to begin. */
  thread: string | null;
  collectionIds?: string[];
  state: 'waiting' | 'sending' | 'held';
  problem: Problem | null;
}

/** A number of an answer that was clicked: its place among all, and the claim before it. */
export interface Cited {
  n: number;
  mark: number | null;
  claim: string | null;
}

/** What the source panel shows: one source, the quotes proved by it, and its neighbours. */
export interface OpenSource {
  message_id: string;
  source: Source;
  citations: Citation[];
  /** What is marked in the text where it is not the quotes. */
  marks?: Span[];
  /** Which of the answer's numbers was clicked, and the quote that proves what stands before it. */
  mark?: number | null;
  clicked?: Citation | null;
  passages: Passage[];
  document: Document | null;
  loading: boolean;
  problem: Problem | null;
}

export type RangeName = '5m' | '1h' | '24h' | '7d';
export type VitalName = 'lcp' | 'inp' | 'cls' | 'fcp' | 'ttfb' | 'fid';
export type Device = 'desktop' | 'phone';

/** What was counted in a period; see docs/monitoring.md. */
export interface Figures {
  requests: number;
  errors: number;
  throughput: number;
  error_rate: number | null;
  response: Record<'average_ms' | 'p50_ms' | 'p95_ms' | 'p99_ms', number | null>;
  cache: {
    hits: number;
    misses: number;
    stale: number;
    errors: number;
    hit_rate: number | null;
    layers: Record<string, { hits: number; hit_rate: number }>;
  };
  stages: Record<string, { count: number; p50_ms: number | null; p95_ms: number | null }>;
}

export interface PerformancePoint extends Figures {
  at: number;
  memory: number | null;
  cpu: number | null;
  active: number | null;
  machine_cpu: number | null;
  queue_length: number | null;
  queue_oldest: number | null;
  web_vitals: Partial<Record<VitalName, Record<Device, number | null>>>;
  web_vitals_count: Partial<Record<VitalName, Record<Device, number>>>;
}

type InBrowsers = { count: number; p75_ms: number | null; p95_ms: number | null };
type Vital = { count: number; p75: number | null };

export interface PerformanceReport extends Figures {
  range: RangeName;
  from: number;
  to: number;
  point_seconds: number;
  memory: number;
  cpu: number;
  active: number;
  system: Record<string, number>;
  web_vitals: Partial<Record<VitalName, Vital & Record<Device, Vital>>>;
  pages: Record<string, InBrowsers>;
  calls: Record<string, InBrowsers>;
  series: PerformancePoint[];
}

/** How a figure is written: a time, a share from 0 to 1, percent of processors, bytes, ... */
export type FigureKind = 'ms' | 'share' | 'percent' | 'bytes' | 'count' | 'rate' | 'score';

export interface ChartLine {
  key: string;
  label: string;
  values: (number | null)[];
}

export interface ChartBound {
  value: number;
  label: string;
  tone: 'good' | 'bad';
}

export interface Chart {
  id: string;
  heading: string;
  note: string;
  kind: FigureKind;
  lines: ChartLine[];
  bounds: ChartBound[];
  /** Said instead of the chart where nothing is known. */
  empty: string;
  logarithmic?: boolean;
  /** A line goes on over points of which nothing is known. */
  spanning?: boolean;
}

/** What stands out, by name; values are formatted where they are shown. */
export interface Hint {
  code: string;
  tone: 'warn' | 'bad';
  values: Record<string, [FigureKind, number] | string>;
  /** Which of a code's sentences is said. */
  variant?: string;
  /** What to do depends on it. */
  detail?: string;
  /** The first day of it, in seconds since 1970; `null`: the whole week. */
  since?: number | null;
}
