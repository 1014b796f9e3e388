import { Injectable } from '@nestjs/common';
import type { CutOffRun, PayoutCollectionActivities } from '../libs/orchestration/index.js';
import { PayoutsService } from '../libs/payouts/index.js';
import { asActivityFailure } from './activity-failure.js';
import { whileBeating } from './while-beating.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class PayoutCollectionActivitiesImpl implements PayoutCollectionActivities {
  constructor(private readonly payouts: PayoutsService) {}

  draftBatch = (run: CutOffRun) =>
    asActivityFailure(() => whileBeating((progress) => this.payouts.draftBatch(run, progress)));
}
