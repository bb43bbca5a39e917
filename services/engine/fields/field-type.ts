import type { CellValue } from '../../../contracts/airtable';
import type { FormulaValue } from '../../formula/values';
import type { EngineBase, EngineField, EngineTable, StoredRecord } from '../schema';

/** Somebody whom a cell, a comment or a stamp names. */
export interface Person {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  /** Whether they belong to the workspace now: only members can be chosen. */
  readonly member: boolean;
}

/** What a written value may need from its surroundings. */
export interface WriteContext {
  /** Whether the request asked for best-effort conversion of text. */
  readonly typecast: boolean;
  /** Who can be a collaborator. */
  readonly people: readonly Person[];
  /** Adds an option to a select field and returns its id. Only typecast may. */
  addChoice(field: EngineField, name: string): string;
  /** The id of the record of the linked table that has this primary text; made if there is none. Only typecast may. */
  linkByText(field: EngineField, text: string): string;
  /** The id of a new attachment, whose bytes are fetched after the commit. */
  attachUrl(field: EngineField, url: string, filename?: string): string;
  /** Notes that the cell keeps an attachment, which must exist; a filename renames it. */
  keepAttachment(field: EngineField, attachmentId: string, filename?: string): void;
}

/** What an attachment looks like to readers. Source: Airtable Web API, field model, attachments. */
export interface AttachmentCell {
  readonly id: string;
  readonly url: string;
  readonly filename: string;
  readonly size?: number;
  readonly type?: string;
  readonly width?: number;
  readonly height?: number;
  readonly thumbnails?: Readonly<
    Record<
      'small' | 'large' | 'full',
      { readonly url: string; readonly width: number; readonly height: number }
    >
  >;
}

/** What a cell needs from elsewhere before it can be read. */
export interface Reach {
  readonly people?: readonly string[];
  readonly attachments?: readonly string[];
  /** Ids of linked records, and which of their fields are read in turn. */
  readonly records?: readonly string[];
  readonly fields?: readonly EngineField[];
}

/** `json`: the API's own form. `text`: cells as text or in a formula, where a link shows its record's primary cell. */
export type ReadPurpose = 'json' | 'text';

/** What was read from elsewhere for the cells at hand. What is not there any more is undefined. */
export interface ReadContext {
  readonly base: EngineBase;
  /** The rules of a field, for types whose cells are made of other fields' cells. */
  typeOf(field: EngineField): EngineFieldType;
  person(id: string): Person | undefined;
  attachment(id: string): AttachmentCell | undefined;
  linked(recordId: string): { readonly table: EngineTable; readonly record: StoredRecord } | undefined;
}

/** How cells are written as text (`cellFormat=string`). */
export interface TextForm {
  readonly timeZone: string;
  readonly userLocale: string;
}

/** What a field's options may refer to when it is created. */
export interface OptionsContext {
  readonly base: EngineBase;
  /** The fields of the table that are there already. */
  readonly fields: readonly EngineField[];
  /** The id of a table of the base, given by id (or by name, while a base is made). */
  tableId(idOrName: string): string | undefined;
}

/** Where a field stands, for options that follow from other fields. */
export interface CompletionContext {
  readonly table: EngineTable;
  readonly tables: readonly EngineTable[];
  /** The completed options of a field; undefined when they in turn follow from those that are asked for. */
  readonly optionsOf: (
    field: EngineField,
    table: EngineTable,
  ) => { readonly options: EngineField['options'] } | undefined;
}

/** How a type sorts: text is compared by language rules without case, numbers by size. Empty cells come first. */
export interface SortKey {
  readonly kind: 'text' | 'number';
  /** SQL over a record row that never gives NULL. All ids in it have been checked to be plain ids. */
  readonly sql: string;
}

/** Everything the engine knows about one field type. Adding one: a file like this and an entry in `registry.ts`. */
export interface EngineFieldType {
  readonly type: string;
  /** Whether a table's first field may be of it. */
  readonly primary: boolean;
  /** Whether an upsert may look records up by it. */
  readonly mergeable: boolean;
  /** Whether its cells follow from others and cannot be written. */
  readonly computed: boolean;
  /** Checks the options a field is created with and completes them to the read form. Throws EngineError. */
  options(
    given: unknown,
    field: { readonly name: string },
    context: OptionsContext,
  ): Record<string, unknown> | undefined;
  /** The options that follow from other fields, as they are now; nothing where absent. */
  complete?(field: EngineField, context: CompletionContext): Record<string, unknown> | undefined;
  /** A written, non-empty value as it is stored; null clears. Throws EngineError when the type does not take it. */
  parse(value: CellValue, field: EngineField, context: WriteContext): CellValue;
  /** What the cell of a record holds, null when it is empty; where absent, what is stored under the field's id. */
  compute?(record: StoredRecord, field: EngineField, context: ReadContext): CellValue;
  /** What reading the cell needs from elsewhere; nothing where absent. */
  reach?(record: StoredRecord, field: EngineField, base: EngineBase, purpose: ReadPurpose): Reach;
  /** A value in the form the API answers with. */
  read(value: CellValue, field: EngineField, context: ReadContext): CellValue;
  /** A value as formulas see it. */
  formula(value: CellValue, field: EngineField, context: ReadContext): FormulaValue;
  /** A value as text, the way Airtable shows it. */
  text(value: CellValue, field: EngineField, context: ReadContext, form: TextForm): string;
  /** `row` is the SQL alias of the record row. */
  sort(field: EngineField, row: string): SortKey;
}
