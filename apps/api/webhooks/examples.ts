/** A webhook as the description shows it. */
export const endpointExample = {
  id: 'whk_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  programId: '*',
  url: 'https://hooks.company.example/pactline',
  description: null,
  eventTypes: ['application.*', 'envelope.executed'],
  state: 'enabled',
  disabledBecause: null,
  failingSince: null,
  previousSecretUntil: null,
  createdBy: 'usr_ada-admin',
  createdAt: '2026-03-01T09:00:00.000Z',
  stateSince: '2026-03-01T09:00:00.000Z',
};

/** A delivery that failed once and is tried again. */
export const deliveryExample = {
  id: 'whd_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  endpointId: endpointExample.id,
  eventId: 'evt_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  sequence: 4711,
  type: 'application.approved',
  subjectId: 'app_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b',
  state: 'pending',
  attempts: 1,
  nextAttemptAt: '2026-03-01T09:00:06.200Z',
  status: 500,
  code: 'bad-status',
  durationMs: 41,
  excerpt: 'Internal Server Error',
  createdAt: '2026-03-01T09:00:00.400Z',
  attemptedAt: '2026-03-01T09:00:00.900Z',
  deliveredAt: null,
};
