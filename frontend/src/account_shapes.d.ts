/** The shapes of docs/api.md around accounts. */

import type { Role, User } from './shapes.js';

export interface OwnSession {
  id: string;
  agent: string;
  address: string;
  begun_at: string;
  seen_at: string;
  /** Whether it is this browser's. */
  current: boolean;
}

export interface Person extends User {
  suspended_at: string | null;
  seen_at: string | null;
  sessions: number;
  /** Collections that nobody else owns, and what is in them. */
  only_owned: number;
  documents: number;
}

export interface Invitation {
  id: string;
  email: string | null;
  role: Role;
  status: 'open' | 'used' | 'expired';
  invited_by: string | null;
  used_by: string | null;
  created_at: string;
  expires_at: string;
}

/** What a link's maker is told, once. */
export interface OneTimeLink {
  token: string;
  path: string;
  expires_at: string;
}

export interface AuditEvent {
  id: string;
  at: string;
  action: string;
  actor_id: string | null;
  actor: string;
  target: { kind: string; id: string; name: string };
  address: string;
  details: Record<string, unknown>;
}

/** Which events are shown; nothing: all. */
export interface AuditFilter {
  action: string;
  actor: string;
  since: string;
  until: string;
}

export type KeyScope = 'read' | 'ask' | 'write' | 'admin';

export interface ApiKey {
  id: string;
  name: string;
  /** What it begins with: all that is ever shown again. */
  prefix: string;
  scopes: KeyScope[];
  /** The collections that it is for alone; `null` is all. */
  collection_ids: string[] | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface NewKey {
  name: string;
  scopes: KeyScope[];
  expires_days: number | null;
  collection_ids: string[] | null;
}
