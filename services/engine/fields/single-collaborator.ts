import { castPerson, parsePerson, personName, personNameSql, readPerson } from './collaborators';
import type { EngineFieldType } from './field-type';
import { refuseOptions } from './options';

/** A user id. */
export const singleCollaborator: EngineFieldType = {
  type: 'singleCollaborator',
  primary: false,
  mergeable: false,
  computed: false,
  options: (given, field) => refuseOptions(given, field.name),
  parse(value, field, context) {
    if (context.typecast && typeof value === 'string') return castPerson(value, context) ?? null;
    return parsePerson(value, field, context, false);
  },
  reach(record, field) {
    const id = record.cells[field.id];
    return typeof id === 'string' ? { people: [id] } : {};
  },
  read: (stored, _field, context) => (typeof stored === 'string' ? readPerson(stored, context) : null),
  formula: (stored, _field, context) => (typeof stored === 'string' ? personName(stored, context) : null),
  text: (stored, _field, context) => (typeof stored === 'string' ? personName(stored, context) : ''),
  sort: (field, row) => ({ kind: 'text', sql: personNameSql(`${row}.cells->>'${field.id}'`, row) }),
};
