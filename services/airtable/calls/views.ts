import { z } from 'zod';
import { BaseId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { deletedOne } from './answers';
import { View } from './base-answers';
import { deleteOne } from './deletion';
import { assertId, ViewId } from './ids';
import type { SchemaReading } from './schema-reading';

/**
 * What Airtable gives Enterprise customers only: the others are refused as `connection_forbidden` or
 * `airtable_not_found`. The engine serves these calls to all.
 */
export interface ViewCalls {
  /** All views of a base, grids with the fields they show. */
  listViews(baseId: string, options?: CallOptions): Promise<View[]>;
  getView(baseId: string, viewId: string, options?: CallOptions): Promise<View>;
  /** One that is gone after a repeat of our own counts as deleted. */
  deleteView(baseId: string, viewId: string, options?: CallOptions): Promise<void>;
  /** One that is gone after a repeat of our own counts as deleted. */
  deleteBase(baseId: string, options?: CallOptions): Promise<void>;
}

const VISIBLE_FIELDS = 'include%5B%5D=visibleFieldIds';
const ViewList = z.object({ views: z.array(View) });

/** Those calls over `perform`; `schemas` tells whether something is still there. */
export function createViewCalls(
  perform: Perform,
  assertWritable: () => void,
  schemas: SchemaReading,
): ViewCalls {
  return {
    async listViews(baseId, options = {}) {
      const path = `${basePath(baseId)}/views?${VISIBLE_FIELDS}`;
      const answer = ViewList;
      return (await perform({ method: 'GET', path, effect: 'read', baseId, answer, options })).views;
    },

    async getView(baseId, viewId, options = {}) {
      const path = `${viewPath(baseId, viewId)}?${VISIBLE_FIELDS}`;
      const answer = View.refine((view) => view.id === viewId, 'is another view');
      return perform({ method: 'GET', path, effect: 'read', baseId, answer, options });
    },

    async deleteView(baseId, viewId, options = {}) {
      const path = viewPath(baseId, viewId);
      assertWritable();
      const answer = deletedOne(viewId);
      await deleteOne(
        (left) =>
          perform({ method: 'DELETE', path, effect: 'repeatable write', baseId, answer, options: left }),
        async (left) => {
          const { tables } = await schemas.getBaseSchema(baseId, { ...left, cached: false });
          return !tables.some((table) => table.views.some((view) => view.id === viewId));
        },
        options,
      );
    },

    async deleteBase(baseId, options = {}) {
      const path = basePath(baseId);
      assertWritable();
      const answer = deletedOne(baseId);
      await deleteOne(
        (left) =>
          perform({ method: 'DELETE', path, effect: 'repeatable write', baseId, answer, options: left }),
        async (left) => {
          const bases = await schemas.listBases({ ...left, cached: false });
          return !bases.some((base) => base.id === baseId);
        },
        options,
      );
    },
  };
}

const basePath = (baseId: string) => `/meta/bases/${assertId(BaseId, baseId)}`;
const viewPath = (baseId: string, viewId: string) => `${basePath(baseId)}/views/${assertId(ViewId, viewId)}`;
