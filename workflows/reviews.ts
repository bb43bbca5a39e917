import { ReviewInput, ReviewOutcome } from '../contracts/reviews';
import { walkChunks } from './chunks';
import { operation } from './operation';
import { airtable, steps, undos } from './proxies';

/**
 * Carries out what a person said of an edit's unclear changes: the door has marked them. Nothing of it is undone: a word is
 * kept like an approval, and what was tried again is journalled and stays under review until its end is clear. What was not
 * carried out is let go, so that somebody can decide anew.
 */
export const reviewEdit = operation({
  name: 'reviewEdit',
  title: 'Review an edit',
  route: 'POST /v1/edits/:editId/review',
  scope: 'edits:approve',
  tool: false,
  tenancy: 'workspace',
  input: ReviewInput,
  output: ReviewOutcome,
  async run(saga, { editId }: { readonly editId: string }) {
    const ref = { workspaceId: saga.workspaceId, editId, operationId: saga.operationId };
    await saga.step('review', {
      async do() {
        await walkChunks(saga, { unit: 'changes', message: 'Reviewing' }, () => airtable.reviewChunk(ref));
      },
      undo: () => undos.releaseReview(ref),
    });
    return saga.step('conclude', {
      do: () => steps.concludeReview(ref),
      undo: 'nothing to undo: what persons said of changes is kept, and the edit is as clear as it was left',
    });
  },
});
