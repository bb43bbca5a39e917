import type { CopyBaseInput, CopyResult } from '../../contracts/copies';
import type { Tx } from '../database/database';
import type { Liveness } from '../liveness';
import { copySome, type CopyDependencies, type CopyRef } from './chunk';
import { closeBase, openBase } from './copied-bases';
import { endCopy, findCopyWorkspace, readCopy } from './copy-rows';
import { forgetPeople } from './people';
import { listReports, readReport, resultOf } from './reports';
import { prepareCopy, stageCopy } from './staging';
import { concludeStopped, stopSome } from './stopping';

/** Copying bases from connections onto the built-in engine. Everything can be repeated from any point. */
export function createCopies(dependencies: CopyDependencies) {
  const { db } = dependencies;
  return {
    prepare: (workspaceId: string, input: CopyBaseInput) => prepareCopy(dependencies, workspaceId, input),
    stage: (tx: Tx, copy: Parameters<typeof stageCopy>[1]) => stageCopy(tx, copy),

    /** Makes the base where it is not here yet: the first step. Throws Conflict when it may not be copied. */
    async open(tx: Tx, copyId: string): Promise<{ first: boolean }> {
      const copy = await readCopy(tx, copyId);
      const base = { id: copy.base_id, name: copy.base_name, sourceUrl: copy.source_url };
      const first = await openBase(tx, copy.workspace_id, base);
      await tx.query('UPDATE copies SET first = $2 WHERE id = $1', [copyId, first]);
      return { first };
    },

    /** Undoes `open`: removes the base if that had made it, and whom nothing but the copy has named. */
    async close(tx: Tx, copyId: string, made: { readonly first: boolean }): Promise<void> {
      const copy = await readCopy(tx, copyId);
      if (!made.first) return;
      await closeBase(tx, copy.workspace_id, copy.base_id);
      await forgetPeople(tx, copy.workspace_id, copyId);
    },

    copyChunk: (ref: CopyRef, live: Liveness) => copySome(dependencies, ref, live),
    stopChunk: (ref: CopyRef, live: Liveness) => stopSome(dependencies, ref, live),
    concludeStopped: (ref: CopyRef) => concludeStopped(dependencies, ref),

    /** Closes a copy that has come to its end. Returns the outcome. */
    async conclude(tx: Tx, copyId: string): Promise<CopyResult> {
      await endCopy(tx, copyId, 'done', null);
      return resultOf(tx, copyId);
    },

    list: (workspaceId: string, page: { readonly limit: number; readonly cursor?: string | undefined }) =>
      listReports(db, workspaceId, page),
    report: (workspaceId: string, copyId: string) => readReport(db, workspaceId, copyId),
    findWorkspace: (copyId: string) => findCopyWorkspace(db, copyId),
  };
}

export type Copies = ReturnType<typeof createCopies>;
