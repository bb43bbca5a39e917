import { z } from 'zod';
import { BaseId, idOf } from './ids';
import { Cells } from './airtable';

/**
 * `starting`: the webhook is not there yet. `watching`: changes are read. `paused`: the month's calls are spent.
 * `broken`: somebody must act, see `error`. `removing`: the webhook is still to be deleted at Airtable.
 */
export const WatchState = z.enum(['starting', 'watching', 'paused', 'broken', 'removing']);
export type WatchState = z.infer<typeof WatchState>;

/** Seconds between two polls while no edit of the base runs. */
export const DEFAULT_POLL_SECONDS = 60;

export const WatchInput = z.strictObject({
  /** 5 s to an hour. Each poll is one call of the connection's monthly quota: 60 s cost 43,200 calls a month. */
  pollSeconds: z.number().int().min(5).max(3_600).default(DEFAULT_POLL_SECONDS),
});
export type WatchInput = z.infer<typeof WatchInput>;

export const Watch = z.object({
  workspaceId: idOf('workspace'),
  connectionId: idOf('connection'),
  baseId: BaseId,
  state: WatchState,
  pollSeconds: z.number().int(),
  /** Calls of the quota that watching costs in 30 days, edits aside (then it polls every 2 s). */
  callsPerMonth: z.number().int(),
  /** Since when the present webhook tells; null before there is one. */
  since: z.iso.datetime().nullable(),
  polledAt: z.iso.datetime().nullable(),
  /** When the webhook at Airtable ends unless it is refreshed; it is, daily. */
  expiresAt: z.iso.datetime().nullable(),
  /** What went wrong last, by class, and what to do about it. */
  error: z.object({ code: z.string(), message: z.string(), at: z.iso.datetime() }).nullable(),
});
export type Watch = z.infer<typeof Watch>;

/** Who acted, as Airtable tells. */
export const ChangeActor = z.object({
  id: z.string(),
  email: z.string().optional(),
  name: z.string().optional(),
});
export type ChangeActor = z.infer<typeof ChangeActor>;

export const SchemaDetail = z.object({
  what: z.enum([
    'table_created',
    'table_changed',
    'table_deleted',
    'field_created',
    'field_changed',
    'field_deleted',
  ]),
  fieldId: z.string().optional(),
  name: z.string().optional(),
});
export type SchemaDetail = z.infer<typeof SchemaDetail>;

/**
 * A time of which nothing is known. `not_watched`: nobody watched. `webhook_lost`: the webhook had expired or was deleted.
 * `payloads_gone`: Airtable keeps them for a week. `payload_error`, `payload_unreadable`: one payload told nothing.
 */
export const GapDetail = z.object({
  reason: z.enum(['not_watched', 'webhook_lost', 'payloads_gone', 'payload_error', 'payload_unreadable']),
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  code: z.string().optional(),
});
export type GapDetail = z.infer<typeof GapDetail>;

/** One thing that happened in a watched base. */
export const BaseChange = z.object({
  /** Grows along the stream of a base; not without holes. */
  seq: z.number().int(),
  kind: z.enum(['created', 'updated', 'deleted', 'schema', 'gap']),
  /** Airtable's time of the action. */
  at: z.iso.datetime(),
  /** Changes of one action share it; null for a gap. */
  transaction: z.number().int().nullable(),
  /** How it was done, in Airtable's words: client, publicApi, automation, formSubmission, … */
  source: z.string().nullable(),
  actor: ChangeActor.nullable(),
  tableId: z.string().nullable(),
  recordId: z.string().nullable(),
  /** By field id, in the form in which records are read; null is an empty cell. */
  before: Cells.nullable(),
  after: Cells.nullable(),
  schema: SchemaDetail.nullable(),
  gap: GapDetail.nullable(),
  /** The edit of this workspace that did it; null for everybody else’s changes. */
  editId: idOf('edit').nullable(),
});
export type BaseChange = z.infer<typeof BaseChange>;

/** What is not in it may still have happened: Airtable does not say how late its webhooks tell. */
export const BaseChangePage = z.object({
  changes: z.array(BaseChange),
  nextCursor: z.string().nullable(),
  watched: z.boolean(),
  /** Everything that Airtable had told until then is in the stream. */
  upTo: z.iso.datetime().nullable(),
  /** The latest hundred of the last 30 days. */
  gaps: z.array(GapDetail),
});
export type BaseChangePage = z.infer<typeof BaseChangePage>;

/** A value of somebody else that a write of the edit replaced without having seen it. */
export const Overwritten = z.object({
  recordId: z.string(),
  tableId: z.string().nullable(),
  fieldId: z.string(),
  value: z.json(),
  /** Who had written it and when, where the stream tells. */
  by: ChangeActor.nullable(),
  source: z.string().nullable(),
  at: z.iso.datetime().nullable(),
  overwrittenAt: z.iso.datetime(),
});
export type Overwritten = z.infer<typeof Overwritten>;

/** What somebody else did to a record after the edit had written it. */
export const ChangedSince = z.object({
  seq: z.number().int(),
  recordId: z.string(),
  tableId: z.string().nullable(),
  kind: z.enum(['created', 'updated', 'deleted']),
  fieldIds: z.array(z.string()),
  by: ChangeActor.nullable(),
  source: z.string().nullable(),
  at: z.iso.datetime(),
});
export type ChangedSince = z.infer<typeof ChangedSince>;

/** What others did to an edit’s records while it ran and since. Lists end after a hundred; the counts do not. */
export const Interference = z.object({
  /** False: nothing is known, which is not the same as nothing happened. */
  watched: z.boolean(),
  upTo: z.iso.datetime().nullable(),
  gaps: z.array(GapDetail),
  overwritten: z.array(Overwritten),
  overwrittenCount: z.number().int(),
  changedSince: z.array(ChangedSince),
  changedSinceCount: z.number().int(),
});
export type Interference = z.infer<typeof Interference>;
