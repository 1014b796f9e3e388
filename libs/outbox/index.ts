export type { EventTypeName } from './domain/index.js';
export { OutboxDispatcher, type Deliver, type OutboxMessage } from './dispatcher.js';
export { Outbox, type DomainEvent, type MailRequest, type WorkflowSignal, type WorkflowStart } from './outbox.js';
