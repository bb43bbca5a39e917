import { z } from 'zod';
import { MAX_RECORDS_PER_WRITE } from '../../contracts/airtable';
import { EngineError, invalidRequest } from './engine-error';

// Taken as it is: a copy would lose a key that is called __proto__, which is to be refused like any unknown field.
const Fields = z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object of cell values');
const Flags = { typecast: z.boolean().default(false), returnFieldsByFieldId: z.boolean().default(false) };

const Single = z.object({ fields: Fields, ...Flags });
const Creation = z.object({ records: z.array(z.object({ fields: Fields })), ...Flags });
const Update = z.object({ records: z.array(z.object({ id: z.string(), fields: Fields })), ...Flags });
const Upsert = z.object({
  records: z.array(z.object({ id: z.string().optional(), fields: Fields })),
  performUpsert: z.object({ fieldsToMergeOn: z.array(z.string()).min(1).max(3) }),
  ...Flags,
});

export type SingleRequest = z.infer<typeof Single>;
export type CreateRequest = z.infer<typeof Creation>;
export type UpdateRequest = z.infer<typeof Update>;
export type UpsertRequest = z.infer<typeof Upsert>;

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** True for a body that asks for an upsert. */
export function isUpsert(body: unknown): boolean {
  return isObject(body) && body['performUpsert'] !== undefined && body['performUpsert'] !== null;
}

/** True for a body with a list of records, as against a single record's fields. */
export function isBatch(body: unknown): boolean {
  return isObject(body) && 'records' in body;
}

function parse<S extends z.ZodType>(shape: S, body: unknown, needs: string): z.output<S> {
  if (!isObject(body)) throw new EngineError(422, 'INVALID_REQUEST_BODY', 'Could not parse request body');
  const { records } = body;
  if (needs !== 'fields') {
    if (records === undefined) throw missing('records');
    if (!Array.isArray(records) || records.length < 1 || records.length > MAX_RECORDS_PER_WRITE) {
      throw new EngineError(
        422,
        'INVALID_RECORDS',
        `You must provide an array of up to ${MAX_RECORDS_PER_WRITE} record objects, each with ${needs}.`,
      );
    }
  } else if (body['fields'] === undefined) throw missing('fields');
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalidRequest(`${issue?.path.join('.') ?? 'body'} ${issue?.message ?? 'is not valid'}`);
}

function missing(name: string): EngineError {
  return new EngineError(
    422,
    'INVALID_REQUEST_MISSING_FIELDS',
    `Could not find field "${name}" in the request body`,
  );
}

/** `{fields}`. Throws EngineError. */
export function parseSingle(body: unknown): SingleRequest {
  return parse(Single, body, 'fields');
}

/** `{records: [{fields}]}`, 1 to 10. Throws EngineError. */
export function parseCreate(body: unknown): CreateRequest {
  return parse(Creation, body, 'a "fields" object for cell values');
}

/** `{records: [{id, fields}]}`, 1 to 10. Throws EngineError. */
export function parseUpdate(body: unknown): UpdateRequest {
  return parse(Update, body, 'an "id" ID field and a "fields" object for cell values');
}

/** `{performUpsert, records}`, 1 to 10. Throws EngineError. */
export function parseUpsert(body: unknown): UpsertRequest {
  return parse(Upsert, body, 'a "fields" object for cell values');
}
