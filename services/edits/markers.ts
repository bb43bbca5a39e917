import { COMPUTED_TYPES, type FieldSchema, type TableSchema } from '../../contracts/airtable';
import { SagatableError } from '../../contracts/errors';
import type { Marker } from '../../contracts/markers';
import { SAFEGUARDS } from '../../contracts/safeguards';
import type { AirtableGateway } from '../airtable/gateway';
import type { Database, Tx } from '../database/database';
import type { Connections } from '../workspaces/connections';

/** A base as a connection reaches it. */
export interface MarkedBase {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly baseId: string;
}

interface Row {
  readonly table_id: string;
  readonly field_id: string;
  readonly warnings: string[];
  readonly created_at: Date;
}

interface MarkerOptions {
  readonly db: Database;
  readonly gateway: Pick<AirtableGateway, 'open'>;
  readonly connections: Pick<Connections, 'get'>;
}

/** Which field of a table carries the marker of each record that an edit creates, as a workspace chose. */
export function createMarkers({ db, gateway, connections }: MarkerOptions) {
  return {
    /** By table. Throws NotFound for a connection that is not there. */
    async list(base: MarkedBase): Promise<Marker[]> {
      await connections.get(base.workspaceId, base.connectionId);
      return db.tenant(base.workspaceId, async (tx) =>
        (await readRows(tx, base)).map((row) => toMarker(base, row)),
      );
    },

    /**
     * Looks at the schema and stores the choice, in place of an earlier one. Throws NotFound (`unknown_table`,
     * `unknown_field`) or InvalidInput `marker_field_type` for a field that is no single line text; whatever the gateway throws.
     */
    async choose(base: MarkedBase, tableId: string, fieldId: string): Promise<Marker> {
      const { workspaceId, connectionId, baseId } = base;
      await connections.get(workspaceId, connectionId);
      const client = await gateway.open({ workspaceId, id: connectionId }, 'interactive');
      const { tables } = await client.getBaseSchema(baseId);
      const table = tables.find(({ id }) => id === tableId);
      if (!table) throw notThere('table', tableId);
      const field = table.fields.find(({ id }) => id === fieldId);
      if (!field) throw notThere('field', fieldId);
      assertFit(field);
      return db.tenant(workspaceId, async (tx) => {
        const { rows } = await tx.query<Row & Record<string, unknown>>(
          `INSERT INTO marker_fields (workspace_id, connection_id, base_id, table_id, field_id, warnings)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (workspace_id, connection_id, base_id, table_id)
             DO UPDATE SET field_id = $5, warnings = $6, created_at = now()
           RETURNING table_id, field_id, warnings, created_at`,
          [workspaceId, connectionId, baseId, tableId, fieldId, JSON.stringify(warningsOf(table, field))],
        );
        const [row] = rows;
        if (!row) throw new Error('an INSERT … RETURNING gave no row');
        return toMarker(base, row);
      });
    },

    /** False when the table had none. What was sent with a marker is still found by it. */
    async remove(base: MarkedBase, tableId: string): Promise<boolean> {
      await connections.get(base.workspaceId, base.connectionId);
      return db.tenant(base.workspaceId, async (tx) => {
        const { rowCount } = await tx.query(
          'DELETE FROM marker_fields WHERE connection_id = $1 AND base_id = $2 AND table_id = $3',
          [base.connectionId, base.baseId, tableId],
        );
        return rowCount === 1;
      });
    },
  };
}

export type Markers = ReturnType<typeof createMarkers>;

/** The marker field of each table that has one, by table id: what creations go by from now on. */
export async function readMarkerFields(tx: Tx, base: MarkedBase): Promise<ReadonlyMap<string, string>> {
  if (!SAFEGUARDS.marker) return new Map();
  return new Map((await readRows(tx, base)).map((row) => [row.table_id, row.field_id]));
}

async function readRows(tx: Tx, { workspaceId, connectionId, baseId }: MarkedBase): Promise<Row[]> {
  const { rows } = await tx.query<Row & Record<string, unknown>>(
    `SELECT table_id, field_id, warnings, created_at FROM marker_fields
     WHERE workspace_id = $1 AND connection_id = $2 AND base_id = $3 ORDER BY table_id`,
    [workspaceId, connectionId, baseId],
  );
  return rows;
}

const toMarker = ({ workspaceId, connectionId, baseId }: MarkedBase, row: Row): Marker => ({
  workspaceId,
  connectionId,
  baseId,
  tableId: row.table_id,
  fieldId: row.field_id,
  warnings: row.warnings,
  createdAt: row.created_at.toISOString(),
});

/** Airtable matches an upsert by text as it is; a field that formats, checks or computes its cells may give back another one. */
function assertFit(field: FieldSchema): void {
  if (field.type === 'singleLineText' && !COMPUTED_TYPES.has(field.type)) return;
  throw new SagatableError(
    'InvalidInput',
    `“${field.name}” (${field.type}) cannot carry markers: choose or add a field of the type singleLineText that is kept for them.`,
    { code: 'marker_field_type' },
  );
}

function warningsOf(table: TableSchema, field: FieldSchema): string[] {
  if (field.id !== table.primaryFieldId) return [];
  return [
    `“${field.name}” is the primary field of “${table.name}”: new records will be named by their markers, and those whose name is given are created without one.`,
  ];
}

function notThere(what: 'table' | 'field', id: string): SagatableError {
  return new SagatableError('NotFound', `There is no ${what} ${id} in this base.`, {
    code: `unknown_${what}`,
  });
}
