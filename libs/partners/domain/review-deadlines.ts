import type { ApplicationStage } from './application-stage.js';

/** The instants that something happens at by itself while nobody has decided; null where there is none. */
export interface ReviewDeadlines {
  stage: ApplicationStage;
  verify_due_at: Date | null;
  decision_due_at: Date | null;
  next_reminder_at: Date | null;
  escalate_at: Date | null;
  information_due_at: Date | null;
  /** Of the references that were asked and have not answered, the first. */
  references_due_at: Date | null;
}

export type DueStep = 'expire' | 'missed-information' | 'missed-references' | 'escalate' | 'remind';

/** What is due at an instant, in the order in which it is to be done. */
export function dueSteps(row: ReviewDeadlines, at: Date): DueStep[] {
  return stepsOf(row)
    .filter(({ due }) => due.getTime() <= at.getTime())
    .map(({ step }) => step);
}

/** When the next thing is due; undefined where nothing is, as after a decision. */
export function nextDue(row: ReviewDeadlines): Date | undefined {
  const times = stepsOf(row).map(({ due }) => due.getTime());
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

function stepsOf(row: ReviewDeadlines): { step: DueStep; due: Date }[] {
  const due = (step: DueStep, at: Date | null) => (at === null ? [] : [{ step, due: at }]);
  if (row.stage === 'unverified') return due('expire', row.verify_due_at);
  // The clock of the decision stands still while the applicant has the word.
  if (row.stage === 'information_requested') {
    return [...due('missed-information', row.information_due_at), ...due('missed-references', row.references_due_at)];
  }
  if (row.stage !== 'in_review') return [];
  return [
    ...due('expire', row.decision_due_at),
    ...due('missed-references', row.references_due_at),
    ...due('escalate', row.escalate_at),
    ...due('remind', row.next_reminder_at),
  ];
}
