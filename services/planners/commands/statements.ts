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

export type ShiftUnit = 'days' | 'months' | 'years';

/** One command. An absent `where` means every record of the table. */
export type Statement =
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
