import type { CellValue } from '../../../contracts/airtable';
import { invalidValue } from '../engine-error';
import type { EngineField } from '../schema';
import type { Person, ReadContext, WriteContext } from './field-type';

function member(of: CellValue | undefined): string | undefined {
  return typeof of === 'string' && of !== '' ? of : undefined;
}

const sameEmail = (person: Person, email: string) => person.email?.toLowerCase() === email.toLowerCase();

/**
 * The id of the person that `{id}` or `{email}` names, or in a list an id alone. What else a read cell holds (the name) is
 * passed over. Throws EngineError when nobody who can be chosen is meant.
 */
export function parsePerson(
  value: CellValue,
  field: EngineField,
  { people }: WriteContext,
  idAlone: boolean,
): string {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const id = isObject ? member(value['id']) : idAlone ? member(value) : undefined;
  const email = isObject && id === undefined ? member(value['email']) : undefined;
  if (id === undefined && email === undefined)
    throw invalidValue(
      field.name,
      idAlone ? 'it takes a list of {id} or {email}' : 'it takes {id} or {email}',
    );
  const known = people.find((person) => (email === undefined ? person.id === id : sameEmail(person, email)));
  // By id also somebody who has left: a cell can be written back as it was.
  if (known && (known.member || email === undefined)) return known.id;
  const who = (id ?? email ?? '').slice(0, 100);
  throw invalidValue(
    field.name,
    known ? `"${who}" is not in the workspace any more` : `there is nobody "${who}" in the workspace`,
  );
}

/** The id of the member whom text names, by e-mail address, id or name. Undefined when there is none, or more than one of that name. */
export function castPerson(text: string, { people }: WriteContext): string | undefined {
  const wanted = text.trim();
  const members = people.filter((person) => person.member);
  const exact = members.find((person) => person.id === wanted || sameEmail(person, wanted));
  if (exact) return exact.id;
  const named = members.filter((person) => person.name?.toLowerCase() === wanted.toLowerCase());
  return named.length === 1 ? named[0]?.id : undefined;
}

/** A person as the API gives them: `{id, email?, name?}`. Who is known by id alone is given so. */
export function readPerson(id: string, context: ReadContext): { [key: string]: CellValue } {
  const person = context.person(id);
  return {
    id,
    ...(person?.email == null ? {} : { email: person.email }),
    ...(person?.name == null ? {} : { name: person.name }),
  };
}

/** What a person is called: by name, else by e-mail address, else by id. */
export function personName(id: string, context: ReadContext): string {
  const person = context.person(id);
  return person?.name ?? person?.email ?? id;
}

/** SQL over a record row: what the person is called whose id the expression gives, in small letters; '' for nobody. */
export function personNameSql(idSql: string, row: string): string {
  return `coalesce((SELECT lower(coalesce(${row}p.name, ${row}p.email, ${row}p.id)) FROM engine_people ${row}p
    WHERE (${row}p.workspace_id, ${row}p.id) = (${row}.workspace_id, ${idSql})), '')`;
}
