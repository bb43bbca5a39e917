import { randomText } from '../ids';

export type EngineIdKind = 'app' | 'tbl' | 'fld' | 'viw' | 'rec' | 'sel' | 'att' | 'com' | 'ach';

/** A new id in Airtable's form: three letters and 14 letters or digits. */
export function newEngineId(kind: EngineIdKind): string {
  return kind + randomText(14);
}

/** Whether text has the form of an id of that kind; what has not is never asked of the database. */
export function isEngineId(kind: EngineIdKind, text: string): boolean {
  return text.length === 17 && text.startsWith(kind) && /^[0-9A-Za-z]+$/.test(text);
}
