export * from './domain/index.js';
export { DisputeAnswers, type DisputeAnswer, type DisputeDecision } from './dispute-answers.js';
export { DisputeDeadlines } from './dispute-deadlines.js';
export { DisputeList, type DisputesRequest } from './dispute-list.js';
export type { DisputeRow } from './dispute-rows.js';
export { DisputesModule } from './disputes.module.js';
export { DisputesService, type DisputeOpening } from './disputes.service.js';
