import type { Services } from '../services/create-services';
import type { EditRef } from '../services/edits/edits';
import { beating } from '../services/liveness';
import { liveness } from './liveness';

/** What persons said of an edit's unclear changes. */
export function createReviewActivities({ reviews }: Pick<Services, 'reviews'>) {
  return {
    reviewChunk: (i: EditRef) => {
      const live = liveness();
      return beating(live, () => reviews.chunk(i, live));
    },
    releaseReview: (i: EditRef) => reviews.release(i),
    concludeReview: (i: EditRef) => reviews.conclude(i),
  };
}
