import { Injectable } from '@nestjs/common';
import { HoldReviews } from '../libs/commissions/index.js';
import { DisputeDeadlines } from '../libs/disputes/index.js';
import type { CommissionReviewActivities, CutOffRun, ReviewResult } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';
import { whileBeating } from './while-beating.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class CommissionReviewActivitiesImpl implements CommissionReviewActivities {
  constructor(
    private readonly holds: HoldReviews,
    private readonly disputes: DisputeDeadlines,
  ) {}

  reviewCommissions = (run: CutOffRun): Promise<ReviewResult> =>
    asActivityFailure(() =>
      whileBeating(async (progress) => {
        const remindedDisputes = await this.disputes.run(run);
        return { ...(await this.holds.run(run, progress)), remindedDisputes };
      }),
    );
}
