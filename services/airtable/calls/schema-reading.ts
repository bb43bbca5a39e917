import { BaseSchema } from '../../../contracts/airtable';
import { BaseId } from '../../../contracts/ids';
import type { Perform } from '../call';
import type { CallOptions } from '../client';
import { assertId } from './ids';
import { KEEP_MS } from './keeping';
import { endless, streamPages } from './paging';
import { BasePage, type BaseListing } from './schema-answers';

/** A token that sees more bases than this, 1,000 a page, is not believed: the whole list is held. */
const MAX_BASES = 50_000;
const MAX_BASE_PAGES = 50;

export interface SchemaReading {
  /** All bases the token may see, 50,000 at most. */
  listBases(options?: CallOptions): Promise<BaseListing[]>;
  /** Tables, fields and views of a base. */
  getBaseSchema(baseId: string, options?: CallOptions): Promise<BaseSchema>;
}

export function createSchemaReading(perform: Perform): SchemaReading {
  return {
    async listBases(options = {}) {
      const pages = streamPages((offset) =>
        perform({
          method: 'GET',
          path: `/meta/bases${offset === null ? '' : `?offset=${encodeURIComponent(offset)}`}`,
          effect: 'read',
          baseId: null,
          answer: BasePage,
          options,
          keepMs: KEEP_MS.bases,
        }),
      );
      const bases: BaseListing[] = [];
      let pageCount = 0;
      for await (const page of pages) {
        bases.push(...page.bases);
        if (bases.length > MAX_BASES || ++pageCount > MAX_BASE_PAGES) throw endless();
      }
      return bases;
    },

    async getBaseSchema(baseId, options = {}) {
      return perform({
        method: 'GET',
        path: `/meta/bases/${assertId(BaseId, baseId)}/tables`,
        effect: 'read',
        baseId,
        answer: BaseSchema,
        options,
        keepMs: KEEP_MS.schema,
      });
    },
  };
}
