import type { FieldSchema, TableSchema } from '../../../contracts/airtable';
import { BaseId, FieldId, TableId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { assertId } from './ids';
import { checkInput } from './input';
import {
  changedField,
  changedTable,
  createdBase,
  createdField,
  createdTable,
  type CreatedBase,
} from './schema-answers';
import { FieldChange, NewBase, NewField, NewTable, TableChange } from './schema-input';

/** What the Web API can do to a schema: it deletes no table or field, and changes no options. */
export interface SchemaWriting {
  /** Sent once at most. Airtable needs the workspace’s id, which a person finds in its URL. */
  createBase(base: NewBase, options?: CallOptions): Promise<CreatedBase>;
  /** Sent once at most. The first field is the primary one. */
  createTable(baseId: string, table: NewTable, options?: CallOptions): Promise<TableSchema>;
  /** Name, description, date dependency. Repeated on faults. */
  updateTable(
    baseId: string,
    tableId: string,
    change: TableChange,
    options?: CallOptions,
  ): Promise<TableSchema>;
  /** Sent once at most. */
  createField(baseId: string, tableId: string, field: NewField, options?: CallOptions): Promise<FieldSchema>;
  /** Name and description. Repeated on faults. */
  updateField(
    baseId: string,
    tableId: string,
    fieldId: string,
    change: FieldChange,
    options?: CallOptions,
  ): Promise<FieldSchema>;
}

/** Those calls over `perform`. `assertWritable` throws when the connection is read-only. */
export function createSchemaWriting(perform: Perform, assertWritable: () => void): SchemaWriting {
  return {
    async createBase(base, options = {}) {
      const body = checkInput(NewBase, base);
      assertWritable();
      const answer = createdBase(body.tables.length);
      return perform({
        method: 'POST',
        path: '/meta/bases',
        body,
        effect: 'create',
        baseId: null,
        answer,
        options,
      });
    },

    async createTable(baseId, table, options = {}) {
      const path = `/meta/bases/${assertId(BaseId, baseId)}/tables`;
      const body = checkInput(NewTable, table);
      assertWritable();
      const answer = createdTable(body.fields.length);
      return perform({ method: 'POST', path, body, effect: 'create', baseId, answer, options });
    },

    async updateTable(baseId, tableId, change, options = {}) {
      const path = tablePath(baseId, tableId);
      const body = checkInput(TableChange, change);
      assertWritable();
      const answer = changedTable(tableId);
      return perform({ method: 'PATCH', path, body, effect: 'repeatable write', baseId, answer, options });
    },

    async createField(baseId, tableId, field, options = {}) {
      const path = `${tablePath(baseId, tableId)}/fields`;
      const body = checkInput(NewField, field);
      assertWritable();
      const answer = createdField(body.type);
      return perform({ method: 'POST', path, body, effect: 'create', baseId, answer, options });
    },

    async updateField(baseId, tableId, fieldId, change, options = {}) {
      const path = `${tablePath(baseId, tableId)}/fields/${assertId(FieldId, fieldId)}`;
      const body = checkInput(FieldChange, change);
      assertWritable();
      const answer = changedField(fieldId);
      return perform({ method: 'PATCH', path, body, effect: 'repeatable write', baseId, answer, options });
    },
  };
}

const tablePath = (baseId: string, tableId: string) =>
  `/meta/bases/${assertId(BaseId, baseId)}/tables/${assertId(TableId, tableId)}`;
