import { Injectable } from '@nestjs/common';
import type { CutOffRun, PayoutCollectionActivities } from '../libs/orchestration/index.js';
import { PayoutsService } from '../libs/payouts/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class PayoutCollectionActivitiesImpl implements PayoutCollectionActivities {
  constructor(private readonly payouts: PayoutsService) {}

  draftBatch = (run: CutOffRun) => asActivityFailure(() => this.payouts.draftBatch(run));
}
