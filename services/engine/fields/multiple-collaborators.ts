import type { CellValue } from '../../../contracts/airtable';
import { distinct } from '../../cells/canonical';
import { invalidValue } from '../engine-error';
import { castPerson, parsePerson, personName, readPerson } from './collaborators';
import { joinNames, splitNames } from './comma-list';
import type { EngineFieldType } from './field-type';
import { refuseOptions } from './options';

function ids(stored: CellValue | undefined): string[] {
  return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
}

/** User ids in order. */
export const multipleCollaborators: EngineFieldType = {
  type: 'multipleCollaborators',
  primary: false,
  mergeable: false,
  computed: false,
  options: (given, field) => refuseOptions(given, field.name),
  parse(value, field, context) {
    if (context.typecast && typeof value === 'string')
      return distinct(splitNames(value).flatMap((name) => castPerson(name, context) ?? []));
    if (!Array.isArray(value)) throw invalidValue(field.name, 'it takes a list of {id} or {email}');
    return distinct(
      value.flatMap((item) =>
        context.typecast && typeof item === 'string'
          ? (castPerson(item, context) ?? [])
          : parsePerson(item, field, context, true),
      ),
    );
  },
  reach: (record, field) => ({ people: ids(record.cells[field.id]) }),
  read: (stored, _field, context) => ids(stored).map((id) => readPerson(id, context)),
  formula: (stored, _field, context) => ids(stored).map((id) => personName(id, context)),
  text: (stored, _field, context) => joinNames(ids(stored).map((id) => personName(id, context))),
  sort: (field, row) => ({
    kind: 'text',
    sql: `coalesce((SELECT string_agg(lower(coalesce(${row}p.name, ${row}p.email, ${row}p.id)), ', ' ORDER BY ${row}i.n)
      FROM jsonb_array_elements_text(coalesce(${row}.cells->'${field.id}', '[]')) WITH ORDINALITY AS ${row}i(id, n)
      JOIN engine_people ${row}p ON (${row}p.workspace_id, ${row}p.id) = (${row}.workspace_id, ${row}i.id)), '')`,
  }),
};
