import type { Fence } from '../contracts/operations';
import type { Services } from '../services/create-services';
import type { CopyRef } from '../services/copies/chunk';
import { beating, type Liveness } from '../services/liveness';
import { doStep, undoStep } from '../services/operations/steps';
import { liveness } from './liveness';

interface Step {
  readonly fence: Fence;
  readonly copyId: string;
}

function alive<T>(work: (live: Liveness) => Promise<T>): Promise<T> {
  const live = liveness();
  return beating(live, () => work(live));
}

/** Copies of bases. */
export function createCopyActivities({ db, copies }: Pick<Services, 'db' | 'copies'>) {
  return {
    openCopiedBase: (i: Step) => doStep(db, 'tenant', i.fence, (tx) => copies.open(tx, i.copyId)),
    closeCopiedBase: (i: Step) =>
      undoStep<{ first: boolean }>(db, 'tenant', i.fence, (tx, made) => copies.close(tx, i.copyId, made)),
    copyChunk: (i: CopyRef) => alive((live) => copies.copyChunk(i, live)),
    stopCopyChunk: (i: CopyRef) => alive((live) => copies.stopChunk(i, live)),
    concludeStoppedCopy: (i: CopyRef) => copies.concludeStopped(i),
    concludeCopy: (i: Step) => doStep(db, 'tenant', i.fence, (tx) => copies.conclude(tx, i.copyId)),
  };
}
