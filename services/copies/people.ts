import { z } from 'zod';
import type { CellValue } from '../../contracts/airtable';
import type { CountedRecord } from '../airtable/calls/base-answers';
import type { SourceComment } from '../airtable/calls/comment-answers';
import { storable } from '../airtable/storable';
import type { Tx } from '../database/database';
import type { BasePlace } from '../engine/place';
import type { HostedTable } from './hosting';

/** Somebody as a cell or a comment names them. */
export interface Named {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
}

const Collaborator = z.preprocess(
  storable,
  z.object({
    id: z.string().regex(/^[0-9A-Za-z_]{1,40}$/),
    email: z.string().nullish(),
    name: z.string().nullish(),
  }),
);

/** The people in a cell of a collaborator field; none in what is not one. */
export function readCollaborators(value: CellValue | undefined): Named[] {
  const items = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    const parsed = Collaborator.safeParse(item).data;
    return parsed ? [{ id: parsed.id, email: parsed.email ?? null, name: parsed.name ?? null }] : [];
  });
}

const NAMES_PEOPLE: ReadonlySet<string> = new Set([
  'singleCollaborator',
  'multipleCollaborators',
  'createdBy',
  'lastModifiedBy',
]);

/** Everybody whom the records' cells name. */
export function peopleOfRecords(table: HostedTable, records: readonly CountedRecord[]): Named[] {
  const fields = table.fields.filter(({ field }) => NAMES_PEOPLE.has(field.type));
  return records.flatMap((record) =>
    fields.flatMap(({ field }) => readCollaborators(record.fields[field.id])),
  );
}

/** Authors of comments and those they mention. */
export function peopleOfComments(comments: readonly SourceComment[]): Named[] {
  return comments.flatMap(({ author, mentioned }) => [
    { id: author.id, email: author.email ?? null, name: author.name ?? null },
    ...Object.values(mentioned ?? {}).map(({ id, email, displayName, name }) => ({
      id,
      email: email ?? null,
      name: displayName ?? name ?? null,
    })),
  ]);
}

/** Keeps people as such who do not belong to the workspace, as the copy's own if nobody named them before. Members stay as they are. */
export async function keepPeople(place: BasePlace, copyId: string, people: readonly Named[]): Promise<void> {
  const all = [...new Map(people.map((person) => [person.id, person])).values()];
  if (all.length === 0) return;
  await place.tx.query(
    `INSERT INTO engine_people AS p (workspace_id, id, email, name, member, copy_id)
     SELECT $1, v.id, v.email, v.name, false, $5 FROM unnest($2::text[], $3::text[], $4::text[]) AS v(id, email, name)
     ON CONFLICT (workspace_id, id) DO UPDATE
       SET email = coalesce(excluded.email, p.email), name = coalesce(excluded.name, p.name),
         copy_id = CASE WHEN p.copy_id = excluded.copy_id THEN p.copy_id END
       WHERE NOT p.member AND ((excluded.email, excluded.name) IS DISTINCT FROM (p.email, p.name) OR p.copy_id <> excluded.copy_id)`,
    [place.workspaceId, all.map((p) => p.id), all.map((p) => p.email), all.map((p) => p.name), copyId],
  );
}

/** Forgets the people whom only this copy has named: it is undone. Who became a member meanwhile stays. */
export async function forgetPeople(tx: Tx, workspaceId: string, copyId: string): Promise<void> {
  await tx.query('DELETE FROM engine_people WHERE workspace_id = $1 AND copy_id = $2 AND NOT member', [
    workspaceId,
    copyId,
  ]);
}
