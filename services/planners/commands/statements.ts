import type { CellValue } from '../../../contracts/airtable';
import type { CreatableType } from '../../../contracts/schema-changes';

/** Something of the base that a command names, and where in the source it does. */
export interface Name {
  readonly text: string;
  readonly offset: number;
}

/** What a cell becomes. `records` are named by their primary value or by their id. */
export type Value =
  | {
      readonly kind: 'literal';
      readonly value: string | number | boolean | null | readonly (string | number)[];
    }
  | { readonly kind: 'records'; readonly names: readonly Name[] };

export interface Assignment {
  readonly field: Name;
  readonly value: Value;
}

/** A field to be made: its type, and those of its options that were said. */
export interface NewFieldWords {
  readonly name: Name;
  readonly type: CreatableType;
  readonly options?: Record<string, CellValue>;
}

/** A command about tables and fields. */
export type SchemaStatement =
  | { readonly kind: 'createTable'; readonly name: Name; readonly fields: readonly NewFieldWords[] }
  | { readonly kind: 'createField'; readonly table: Name; readonly field: NewFieldWords }
  | { readonly kind: 'renameTable'; readonly table: Name; readonly name: Name }
  | { readonly kind: 'renameField'; readonly table: Name; readonly field: Name; readonly name: Name }
  | { readonly kind: 'describeTable'; readonly table: Name; readonly text: string }
  | { readonly kind: 'describeField'; readonly table: Name; readonly field: Name; readonly text: string };

export type ShiftUnit = 'days' | 'months' | 'years';

/** One command. An absent `where` means every record of the table. */
export type Statement =
  | SchemaStatement
  | { readonly kind: 'help' }
  | { readonly kind: 'use'; readonly base: Name }
  | {
      readonly kind: 'set';
      readonly table: Name;
      readonly cells: readonly Assignment[];
      readonly where?: string;
    }
  | {
      readonly kind: 'shift';
      readonly table: Name;
      readonly field: Name;
      readonly by: number;
      readonly unit: ShiftUnit;
      readonly where?: string;
    }
  | { readonly kind: 'create'; readonly table: Name; readonly cells: readonly Assignment[] }
  | { readonly kind: 'delete'; readonly table: Name; readonly where: string }
  | {
      readonly kind: 'relink';
      readonly table: Name;
      readonly field: Name;
      readonly from: Name;
      readonly to: Name;
    }
  | { readonly kind: 'merge'; readonly table: Name; readonly from: Name; readonly to: Name };
