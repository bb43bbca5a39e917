import type { CellValue } from '../../../contracts/airtable';
import { primaryText, valueOf } from '../cells';
import type { ReadContext } from '../fields/field-type';
import { choicesOf, optionText, type EngineField, type StoredRecord } from '../schema';

const LOOKUP = 'multipleLookupValues';

function ids(stored: CellValue): string[] {
  return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
}

function choiceObject(stored: CellValue, field: EngineField): CellValue {
  const choice = choicesOf(field).find(({ id }) => id === stored);
  return choice ? { id: choice.id, name: choice.name, color: choice.color } : null;
}

/** What a look-up shows of each linked record, always as a list; what a look-up behind it shows is in the same list. */
function lookedUp(record: StoredRecord, field: EngineField, context: ReadContext): [string, CellValue[]][] {
  const shown = optionText(field, 'fieldIdInLinkedTable');
  return ids(record.cells[optionText(field, 'recordLinkFieldId') ?? ''] ?? null).map((id) => {
    const linked = context.linked(id);
    const target = linked?.table.fields.find((other) => other.id === shown);
    if (!linked || !target) return [id, []];
    if (target.type === LOOKUP) {
      return [id, lookedUp(linked.record, target, context).flatMap(([, values]) => values)];
    }
    const value = cellValueOf(linked.record, target, context);
    return [id, Array.isArray(value) ? value : value === null ? [] : [value]];
  });
}

function lookupObject(record: StoredRecord, field: EngineField, context: ReadContext): CellValue {
  const shown = lookedUp(record, field, context);
  return {
    linkedRecordIds: shown.map(([id]) => id),
    valuesByLinkedRecordId: Object.fromEntries(shown.filter(([, values]) => values.length > 0)),
  };
}

/**
 * A record's cell in the form that webhooks have (cell format V2), null when it is empty: options, linked records and look-ups
 * are objects there, all else is as in records. Source: Airtable Web API, field model.
 */
export function cellValueOf(record: StoredRecord, field: EngineField, context: ReadContext): CellValue {
  const value = valueOf(record, field, context);
  if (value === null) return null;
  switch (field.type) {
    case 'singleSelect':
      return choiceObject(value, field);
    case 'multipleSelects':
      return ids(value).flatMap((id) => choiceObject(id, field) ?? []);
    case 'multipleRecordLinks':
      return ids(value).map((id) => ({ id, name: primaryText(id, context) }));
    case LOOKUP:
      return lookupObject(record, field, context);
    default:
      return context.typeOf(field).read(value, field, context);
  }
}
